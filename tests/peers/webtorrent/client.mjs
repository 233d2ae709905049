// SPDX-License-Identifier: Apache-2.0
// One torrent in one WebTorrent client: fetches what is missing, seeds what is there. Prints a JSON line per event.
import { readFileSync } from 'node:fs'
import WebTorrent from 'webtorrent'

const [torrentPath, folder, port] = process.argv.slice(2)
const tell = event => console.log(JSON.stringify(event))
const client = new WebTorrent({
  dht: false, lsd: false, natUpnp: false, natPmp: false, utp: false, torrentPort: Number(port), tracker: { wrtc: false }
})
client.on('error', error => { tell({ event: 'error', message: String(error.message || error) }); process.exit(1) })
client.add(readFileSync(torrentPath), { path: folder }, torrent => {
  tell({ event: 'ready', port: client.torrentPort, infoHash: torrent.infoHash, progress: torrent.progress })
  const done = () => tell({ event: 'done' })
  if (torrent.done) done(); else torrent.on('done', done)
})
