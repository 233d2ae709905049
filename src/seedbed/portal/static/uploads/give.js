// SPDX-License-Identifier: Apache-2.0
// The page on which data is given: files are chosen or dropped, sent by tus, gone on with after anything.
import { Sender } from "./tus.js";
import { chosen, dropped, named } from "./choosing.js";

const AT_ONCE = 3;
const find = (id) => document.getElementById(id);
const csrf = document.querySelector("meta[name=csrf-token]")?.content || document.querySelector("input[name=csrf_token]")?.value || "";
const form = find("give");
const panel = find("sending");
const state = find("state");

if (form && panel) begin();
if (state && ["checking", "in-review", "approved", "publishing", "published"].includes(state.dataset.state)) follow();

function begin() {
  for (const one of document.querySelectorAll(".needs-script")) one.hidden = false;
  for (const one of document.querySelectorAll(".without-script")) one.hidden = true;
  for (const id of ["files", "folder"]) find(id).addEventListener("change", (event) => start(chosen(event.target)));
  const drop = find("drop");
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    start(await dropped(event.dataTransfer));
  });
}

async function start(list) {
  if (!list.length) return;
  const words = JSON.parse(panel.dataset.words);
  panel.hidden = false;
  find("drop").hidden = true;
  const given = named(list);
  const show = shower(words, given.files.reduce((sum, { file }) => sum + file.size, 0));
  try {
    const upload = form.dataset.upload ? await ask("GET", `/api/v1/uploads/${form.dataset.upload}`) : await make(given);
    history.replaceState(null, "", `/uploads/${upload.id}`);
    const failed = await sendAll(upload, given.files, show, words);
    if (failed) return show.say(words.failed);
    show.say(words.done);
    const left = await ask("GET", upload.url);
    if (left.state === "draft" && left.files.every((one) => one.offset === one.length)) await ask("POST", `${upload.url}/check`);
    location.assign(`/uploads/${upload.id}`);
  } catch (error) {
    show.fault(error.message);
    find("drop").hidden = false;
  }
}

async function make(given) {
  const unpacks = form.elements.unpack?.checked && given.files.length === 1 && /\.zip$/i.test(given.name);
  return ask("POST", "/api/v1/uploads", {
    kind: unpacks ? "zip" : "files",
    name: given.name,
    organisation: form.elements.organisation?.value || "",
    files: given.files.map(({ file, path }) => ({ path, length: file.size })),
  });
}

async function sendAll(upload, files, show, words) {
  const sender = new Sender(csrf, show.bytes);
  const known = new Map((upload.files || []).map((one) => [one.path, one]));
  const button = find("pause");
  button.onclick = () => {
    if (sender.isPaused) sender.resume(); else sender.pause();
    button.textContent = sender.isPaused ? words.resume : words.pause;
    show.pause(sender.isPaused);
  };
  const warn = (event) => event.preventDefault();
  window.addEventListener("beforeunload", warn);
  const queue = [...files];
  let failed = 0;
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const before = known.get(next.path);
      try {
        if (before && before.length !== next.file.size) throw new Error(`${next.path}: ${words.again}`);
        await sender.send(upload.files_url, next.file, next.path, before);
      } catch (error) {
        failed += 1;
        show.fault(`${next.path}: ${error.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  window.removeEventListener("beforeunload", warn);
  return failed;
}

function shower(words, total) {
  const lang = document.documentElement.lang;
  const megabytes = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });
  const bar = find("sending-bar"), status = find("sending-status"), faults = find("sending-faults");
  const begun = performance.now();
  let done = 0, first = 0, said = 0, isPaused = false;
  const text = () => `${isPaused ? words.paused : words.sending} ${megabytes.format(done / 1e6)} / ${megabytes.format(total / 1e6)} MB`;
  const tell = () => {
    bar.value = total ? done / total : 1;
    const now = performance.now();
    if (now - said < 2000 && done < total) return; // a screen reader is not to read each megabyte
    said = now;
    const rate = (done - first) / ((now - begun) / 1000);
    const minutes = rate > 0 ? (total - done) / rate / 60 : 0;
    status.textContent = minutes > 1 ? `${text()} · ${words.left.replace("{minutes}", Math.ceil(minutes))}` : text();
  };
  return {
    bytes: (count) => { done += count; if (performance.now() - begun < 500) first = done; tell(); },
    pause: (value) => { isPaused = value; status.textContent = text(); },
    say: (what) => { status.textContent = what; },
    fault: (what) => { const item = document.createElement("li"); item.textContent = what; faults.append(item); },
  };
}

async function ask(method, url, value) {
  const headers = { "X-CSRF-Token": csrf, Accept: "application/json", ...(value ? { "Content-Type": "application/json" } : {}) };
  const answer = await fetch(url, { method, headers, body: value ? JSON.stringify(value) : undefined });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error ? `${body.error.what} ${body.error.hint || ""}` : String(answer.status));
  return body;
}

/** The page follows its upload while somebody looks at it: often at first, then slower. */
async function follow() {
  const copies = find("copies-now");
  for (let wait = state.dataset.state === "checking" ? 1 : 5; ; wait = Math.min(wait * 1.2, 60)) {
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    if (document.hidden) continue;
    const found = await ask("GET", `/api/v1/uploads/${state.dataset.upload}`).catch(() => null);
    if (!found) continue;
    if (found.state !== state.dataset.state) return location.reload();
    if (copies && found.copies !== null) {
      const text = copies.dataset.words.replace("{count}", found.copies);
      if (copies.textContent !== text) copies.textContent = text;
    }
  }
}
