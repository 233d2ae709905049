// SPDX-License-Identifier: Apache-2.0
// Search as you type: the list is asked for anew, and its address kept, so that Back and bookmarks work.
const form = document.querySelector("form[data-live]");
const results = document.getElementById("results");
const PAUSE_MS = 180;
let timer = 0;
let asked = null;

function address() {
  const values = [...new FormData(form)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(values).toString();
  return form.getAttribute("action") + (query ? "?" + query : "");
}

async function refresh() {
  asked?.abort();
  asked = new AbortController();
  const url = address();
  results.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url + (url.includes("?") ? "&" : "?") + "part=hits", { signal: asked.signal });
    if (!answer.ok) return; // half a number is being typed: what was found before stays
    results.innerHTML = await answer.text();
    history.replaceState(null, "", url);
  } catch (error) {
    if (error.name !== "AbortError") form.submit();
  } finally {
    results.setAttribute("aria-busy", "false");
  }
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(refresh, PAUSE_MS);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  refresh();
});
