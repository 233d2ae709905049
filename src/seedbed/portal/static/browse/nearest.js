// SPDX-License-Identifier: Apache-2.0
// Which web copy answers first from here? Each is asked for its head once; those that forbid it stay where they are.
const list = document.getElementById("copies");
const PATIENCE_MS = 4000;

async function timed(item) {
  const began = performance.now();
  try {
    await fetch(item.dataset.url, { method: "HEAD", mode: "no-cors", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    return [performance.now() - began, item];
  } catch {
    return [Infinity, item];
  }
}

if (list && list.children.length > 1) {
  const fit = [...list.children].filter((item) => !item.querySelector(".badge.bad"));
  const times = (await Promise.all(fit.map(timed))).sort((one, other) => one[0] - other[0]);
  if (times.length && times[0][0] < Infinity) {
    times.filter(([ms]) => ms < Infinity).reverse().forEach(([, item]) => list.prepend(item));
    times[0][1].classList.add("nearest");
  }
}
