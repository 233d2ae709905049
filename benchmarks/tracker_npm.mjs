// SPDX-License-Identifier: Apache-2.0
// The tracker of npm for tracker.py: node tracker_npm.mjs PACKAGE HASHES PORT WS_PORT. It serves the hashes of a list.
// WebSockets come to a server of their own, as with the others.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [place, hashes, port, wsPort] = process.argv.slice(2)
const { Server } = await import(pathToFileURL(join(place, 'index.js')))
const listed = new Set(readFileSync(hashes, 'ascii').split('\n'))

function filter (infoHash, _params, done) {
  done(listed.has(infoHash) ? null : new Error('not listed'))
}

for (const [kinds, where] of [[{ udp: true, http: true, ws: false }, port], [{ udp: false, http: false, ws: true }, wsPort]]) {
  const server = new Server({ ...kinds, stats: false, filter })
  server.on('error', error => { console.error(error); process.exit(1) })
  server.on('warning', () => {})
  const home = '127.0.0.1'
  server.listen(Number(where), { http: home, udp: home, udp6: '::1' })
}
