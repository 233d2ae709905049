// SPDX-License-Identifier: Apache-2.0
// The look inside comes after the page: whoever only downloads does not wait for it.
const place = document.getElementById("preview");
if (place) {
  try {
    const answer = await fetch(place.dataset.from);
    if (answer.ok) place.innerHTML = await answer.text();
  } finally {
    place.setAttribute("aria-busy", "false");
  }
}
