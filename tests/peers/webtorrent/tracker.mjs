// SPDX-License-Identifier: Apache-2.0
// Tracker clients of the npm package bittorrent-tracker at work, at the tracker of a URL. Given only http, udp or ws,
// their tracker is whoever started this program: what they send goes to standard output, a JSON line each, and what
// they are answered is read from standard input.
// WebRTC is left out: a "peer" makes an offer or an answer and knows when it got one.
import dgram from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import http from 'node:http'
import { createInterface } from 'node:readline'
import Client from 'bittorrent-tracker/client'
import WebSocketTracker from 'bittorrent-tracker/websocket-tracker'
import { WebSocketServer } from 'ws'

const tell = event => console.log(JSON.stringify(event))
const waiting = new Map() // id -> what to do with the answer
let lastId = 0
const ask = (event, done) => { waiting.set(++lastId, done); tell({ ...event, id: lastId }) }
createInterface({ input: process.stdin }).on('line', line => {
  const { id, data } = JSON.parse(line)
  const done = waiting.get(id)
  if (done) done(data)
})

const server = http.createServer((request, response) => {
  ask({ wire: 'http', url: request.url }, data => data === null ? response.writeHead(404).end() : response.end(Buffer.from(data, 'base64')))
})
new WebSocketServer({ server }).on('connection', socket => {
  ask({ wire: 'ws', event: 'open' }, data => socket.send(data))
  const id = lastId
  socket.on('message', data => tell({ wire: 'ws', event: 'text', id, text: data.toString() }))
  socket.on('close', () => tell({ wire: 'ws', event: 'close', id }))
})
const udp = dgram.createSocket('udp4')
udp.on('message', (message, from) => {
  ask({ wire: 'udp', data: message.toString('base64') }, data => data !== null && udp.send(Buffer.from(data, 'base64'), from.port, from.address))
})

class FakePeer extends EventEmitter {
  constructor (initiator) {
    super()
    if (initiator) queueMicrotask(() => this.emit('signal', { type: 'offer', sdp: 'v=0 offer\r\n' }))
  }

  signal (said) {
    this.got = said.type
    if (said.type === 'offer') queueMicrotask(() => this.emit('signal', { type: 'answer', sdp: 'v=0 answer\r\n' }))
    this.emit('got', said)
  }

  destroy () {}
}
WebSocketTracker.prototype._createPeer = opts => new FakePeer(opts && opts.initiator)

const HASH = 'a2a15537542b22925ad10486bf7a8b2a9c42f0d1'
const OTHER = '00ff5c2b2520267f3d23800a0d7b7d2f5b5d225c'
const UNLISTED = 'ee'.repeat(20)

function client (url, name, port, infoHash = HASH) {
  const announce = url.startsWith('ws') ? `${url}/${name}` : url // the package has one socket for each address
  const one = new Client({ infoHash, peerId: Buffer.from(name.padEnd(20, '-')), announce, port, wrtc: {} })
  one.on('error', error => tell({ event: 'error', message: error.message }))
  return one
}
const next = async (one, event) => {
  const [found] = await once(one, event)
  tell({ event, who: one._port, found: found instanceof FakePeer ? { id: found.id } : found instanceof Error ? found.message : found })
  return found
}
// Over HTTP the package turns names of hashes into hexadecimal twice.
const hash = text => text.length === 80 ? Buffer.from(text, 'hex').toString() : text
const numbers = ({ complete, incomplete, downloaded }) => [complete, incomplete, downloaded]

async function story (url, refuses) {
  const seen = {}
  const [seed, leecher] = [client(url, 'seed', 6001), client(url, 'leecher', 6002)]
  seed.start({ left: 0 })
  seen.first = numbers(await next(seed, 'update'))
  const met = [next(leecher, 'peer')]
  if (url.startsWith('ws')) met.push(next(seed, 'peer'))
  leecher.start({ left: 10 })
  seen.second = numbers(await next(leecher, 'update'))
  seen.peers = (await Promise.all(met)).map(peer => peer instanceof FakePeer ? [Buffer.from(peer.id, 'hex').toString(), peer.got] : peer)
  leecher.complete({ left: 0 })
  seen.third = numbers(await next(leecher, 'update'))
  leecher.scrape()
  seen.scrape = numbers(await next(leecher, 'scrape'))
  leecher.stop()
  seen.fourth = numbers(await next(leecher, 'update'))
  seen.many = await new Promise((resolve, reject) => Client.scrape(
    { infoHash: [HASH, OTHER], announce: url, wrtc: {} }, (error, found) => error ? reject(error) : resolve(Object.keys(found).map(hash).sort())))
  if (refuses && !url.startsWith('udp')) { // no answer there
    const stranger = client(url, 'stranger', 6003, UNLISTED)
    stranger.start({ left: 1 })
    seen.refused = await next(stranger, 'warning').then(error => error.message)
    await new Promise(resolve => stranger.destroy(resolve))
  }
  await Promise.all([seed, leecher].map(one => new Promise(resolve => one.destroy(resolve))))
  return seen
}

server.listen(0, '127.0.0.1')
await once(server, 'listening')
udp.bind(0, '127.0.0.1')
await once(udp, 'listening')
const port = server.address().port
const urls = { http: `http://127.0.0.1:${port}/announce`, ws: `ws://127.0.0.1:${port}`, udp: `udp://127.0.0.1:${udp.address().port}` }
const where = process.argv[2]
tell({ event: 'end', seen: await story(urls[where] || where, where in urls) })
process.exit(0)
