// SPDX-License-Identifier: Apache-2.0
// A download within the page: from peers over WebRTC and from web seeds, every piece proved by the torrent. The client
// is loaded when somebody asks for it, and not before.
const place = document.getElementById("in-browser");
const CLIENT = "/static/vendor/webtorrent.min.js";
const LARGE_BYTES = 2e9;
const words = place ? JSON.parse(place.dataset.words) : {};
const state = document.getElementById("fetch-state");
const told = document.getElementById("fetch-words");
const bar = document.getElementById("fetch-progress");
const list = document.getElementById("fetch-files");
const button = document.getElementById("fetch-here");

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const size = (bytes) => new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(bytes / 1e6);

async function offer(file) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await file.blob());
  link.download = file.name;
  link.textContent = file.path;
  const row = document.createElement("li");
  row.append(link, ` ${size(file.length)}`);
  list.append(row);
}

function fail(why) {
  told.textContent = fill(words.failed, { why });
  button.disabled = false;
}

async function begin() {
  button.disabled = true;
  list.replaceChildren();
  state.classList.remove("hidden");
  told.textContent = words.connecting;
  try {
    const [{ default: WebTorrent }, answer] = await Promise.all([import(CLIENT), fetch(place.dataset.torrent)]);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const client = new WebTorrent();
    client.on("error", (error) => fail(error.message ?? error));
    const torrent = client.add(new Uint8Array(await answer.arrayBuffer()));
    torrent.on("download", () => {
      bar.value = torrent.progress;
      told.textContent = fill(words.progress, { done: size(torrent.downloaded), total: size(torrent.length), peers: torrent.numPeers });
    });
    torrent.on("done", async () => {
      bar.value = 1;
      told.textContent = words.done;
      await Promise.all(torrent.files.filter((file) => !file.path.includes("/.pad/")).map(offer));
      place.dataset.state = "done";
    });
  } catch (error) {
    fail(error.message);
  }
}

if (place) {
  place.classList.remove("hidden");
  if (Number(place.dataset.bytes) > LARGE_BYTES) {
    state.classList.remove("hidden");
    bar.classList.add("hidden");
    told.textContent = words.large;
  }
  button.addEventListener("click", () => {
    bar.classList.remove("hidden");
    begin();
  });
}
