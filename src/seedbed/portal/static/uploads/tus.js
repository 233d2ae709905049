// SPDX-License-Identifier: Apache-2.0
// tus 1.0.0 as a browser needs it: one file, sent in parts, gone on with wherever the server says that it is.

const PART_BYTES = 256 * 2 ** 20;
const SMALL_BYTES = 8 * 2 ** 20;
const BODY_TYPE = "application/offset+octet-stream";
const DELAYS_S = [1, 2, 4, 8, 15, 30];
const PASSING = new Set([0, 408, 409, 423, 429, 460, 500, 502, 503, 504]);

/** A refusal for good: its words are for people. */
export class Refused extends Error {}

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

export class Sender {
  /**
   * @param {string} csrf token of the page
   * @param {(bytes: number) => void} onBytes told of bytes that are on their way, and of those taken back (negative)
   */
  constructor(csrf, onBytes) {
    this.csrf = csrf;
    this.onBytes = onBytes;
    this.isPaused = false;
    this.running = new Set();
    this.waiting = [];
  }

  pause() {
    this.isPaused = true;
    for (const request of this.running) request.abort();
  }

  resume() {
    this.isPaused = false;
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** Send a file; `known` is what the server lists of it: its url and offset. */
  async send(filesUrl, file, path, known) {
    let url = known ? known.url : "";
    let offset = known ? known.offset : 0;
    let failures = 0;
    this.onBytes(offset);
    while (!url || offset < file.size) {
      await this.whileAwake();
      const before = offset;
      try {
        if (!url) [url, offset] = await this.create(filesUrl, file, path);
        else if (failures) offset = await this.offset(url, offset);
        if (offset < file.size) offset = await this.part(url, file, offset);
        failures = 0;
      } catch (error) {
        if (error instanceof Refused) throw error;
        if (this.isPaused) failures = 1;
        else await sleep(DELAYS_S[Math.min(failures++, DELAYS_S.length - 1)]);
      }
      if (offset < before) this.onBytes(offset - before);
    }
  }

  async whileAwake() {
    while (this.isPaused) await new Promise((wake) => this.waiting.push(wake));
  }

  /** Begin a file; a small one comes with the same request. */
  async create(filesUrl, file, path) {
    const headers = { "Upload-Length": String(file.size), "Upload-Metadata": `path ${base64(path)}` };
    const isSmall = file.size > 0 && file.size <= SMALL_BYTES;
    if (isSmall) headers["Content-Type"] = BODY_TYPE;
    try {
      const answer = await this.ask("POST", filesUrl, headers, isSmall ? file : undefined);
      const offset = Number(answer.getResponseHeader("Upload-Offset"));
      this.onBytes(offset);
      return [answer.getResponseHeader("Location"), offset];
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 409) throw error;
      return this.begun(filesUrl, file, path, error);
    }
  }

  /** A file that is there already: an answer was lost on its way to us. */
  async begun(filesUrl, file, path, error) {
    const answer = await this.ask("GET", filesUrl.replace(/\/files$/, ""), { Accept: "application/json" });
    const found = JSON.parse(answer.responseText).files.find((one) => one.path === path && one.length === file.size);
    if (!found) throw error;
    this.onBytes(found.offset);
    return [found.url, found.offset];
  }

  async offset(url, before) {
    const answer = await this.ask("HEAD", url, {});
    const offset = Number(answer.getResponseHeader("Upload-Offset"));
    this.onBytes(offset - before);
    return offset;
  }

  async part(url, file, offset) {
    const headers = { "Upload-Offset": String(offset), "Content-Type": BODY_TYPE };
    const body = file.slice(offset, offset + PART_BYTES);
    let told = 0;
    const tell = (bytes) => { this.onBytes(bytes - told); told = bytes; };
    try {
      const answer = await this.ask("PATCH", url, headers, body, tell);
      const reached = Number(answer.getResponseHeader("Upload-Offset"));
      tell(reached - offset);
      return reached;
    } catch (error) {
      tell(0);
      throw error;
    }
  }

  ask(method, url, headers, body, onProgress) {
    const request = new XMLHttpRequest();
    this.running.add(request);
    return new Promise((resolve, reject) => {
      request.open(method, url);
      request.setRequestHeader("Tus-Resumable", "1.0.0");
      request.setRequestHeader("X-CSRF-Token", this.csrf);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      if (onProgress) request.upload.onprogress = (event) => onProgress(Math.min(event.loaded, body.size));
      request.onload = () => {
        if (request.status >= 200 && request.status < 300) resolve(request);
        else if (PASSING.has(request.status) && !(method === "POST" && request.status === 409)) reject(new Error(`status ${request.status}`));
        else reject(Object.assign(new Refused(words(request)), { status: request.status }));
      };
      request.onerror = request.onabort = request.ontimeout = () => reject(new Error("the connection broke"));
      request.send(body);
    }).finally(() => this.running.delete(request));
  }
}

function words(request) {
  try {
    const { what, hint } = JSON.parse(request.responseText).error;
    return `${what} ${hint || ""}`.trim();
  } catch {
    return `${request.status} ${request.statusText}`;
  }
}

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
