// SPDX-License-Identifier: Apache-2.0
// Cases of the npm package bittorrent-tracker as its README has them, at running trackers: how often numwant is heeded,
// a torrent of more bytes than fit in 32 bits, updates, several trackers in one client, IPv6, statistics.
// Usage: cases.mjs HTTP UDP WS [HTTP6]. Prints what was seen as one JSON object.
import { EventEmitter, once } from 'node:events'
import Client from 'bittorrent-tracker/client'
import WebSocketTracker from 'bittorrent-tracker/websocket-tracker'
import { WebSocket } from 'ws'

const [http, udp, ws, http6] = process.argv.slice(2)
const LARGE = 6 * 2 ** 40 // bytes
let last = 0
const hash = () => (++last).toString(16).padStart(40, '0')
const peerId = name => Buffer.from(name.padEnd(20, '-'))
const open = []

class FakePeer extends EventEmitter { // WebRTC's binary is not to be had here; see tracker.mjs
  constructor () { super(); queueMicrotask(() => this.emit('signal', { type: 'offer', sdp: 'v=0' })) }
  signal () {}
  destroy () {}
}
WebSocketTracker.prototype._createPeer = () => new FakePeer()

function client (announce, infoHash, port) {
  const one = new Client({ infoHash, peerId: peerId(`peer${port}`), announce, port, wrtc: {} })
  one.on('error', error => { console.error(error); process.exit(1) })
  one.on('warning', error => { console.error(error); process.exit(1) })
  open.push(one)
  return one
}
const numbers = ({ complete, incomplete }) => [complete, incomplete]
async function said (one, action, options) {
  const answer = once(one, action === 'scrape' ? 'scrape' : 'update')
  one[action](options)
  return numbers((await answer)[0])
}

async function numwant (url) { // so many peers, and not oneself
  const infoHash = hash()
  for (let port = 7000; port < 7010; port++) await said(client(url, infoHash, port), 'start', { left: 0 })
  const seen = []
  for (const wanted of [3, 0, 50]) {
    const peers = new Set()
    const one = client(url, infoHash, 7100)
    one.on('peer', peer => peers.add(peer))
    await said(one, 'update', { left: 5, numwant: wanted })
    await new Promise(resolve => setTimeout(resolve, 20))
    seen.push(peers.size)
  }
  return seen
}

async function life (url) { // start, update, complete, scrape, stop; the torrent is large
  const one = client(url, hash(), 7200)
  const seen = [await said(one, 'start', { left: LARGE, uploaded: LARGE, downloaded: 0 })]
  seen.push(await said(one, 'update', { left: 1, uploaded: 0, downloaded: LARGE - 1 }))
  seen.push(await said(one, 'complete', { left: 0, uploaded: 0, downloaded: LARGE }))
  seen.push(await said(one, 'scrape'))
  seen.push(await said(one, 'stop', { left: 0 }))
  return seen
}

async function together (urls) { // one client tells several trackers, which are one
  const infoHash = hash()
  const one = client(urls, infoHash, 7300)
  let updates = 0
  const all = new Promise(resolve => one.on('update', () => { if (++updates === urls.length) resolve() }))
  one.start({ left: 10 })
  await all
  return said(client(urls[0], infoHash, 7300), 'scrape')
}

async function meets6 () { // peers over IPv6 are told apart, and written as the package writes them
  const infoHash = hash()
  await said(client(http6, infoHash, 7400), 'start', { left: 0 })
  const one = client(http6, infoHash, 7401)
  const met = once(one, 'peer')
  await said(one, 'start', { left: 9 })
  return (await met)[0]
}

async function raw (message) { // what a browser would send by itself
  const socket = new WebSocket(ws)
  await once(socket, 'open')
  socket.send(JSON.stringify(message))
  const answer = JSON.parse((await once(socket, 'message'))[0])
  socket.close()
  return answer
}

const seen = {
  numwant: { http: await numwant(http), udp: await numwant(udp) },
  life: { http: await life(http), udp: await life(udp), ws: await life(ws) },
  together: await together([http, udp]),
  six: http6 ? await meets6() : null,
  many: Object.keys((await raw({ action: 'scrape', info_hash: ['a'.repeat(20), 'b'.repeat(20)] })).files).length,
  stats: Object.keys(await (await fetch(http.replace('announce', 'stats.json'))).json()).sort()
}
console.log(JSON.stringify(seen))
process.exit(0)
