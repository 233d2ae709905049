// SPDX-License-Identifier: Apache-2.0
// A box drawn on the world fills the four fields, and follows them.
const place = document.getElementById("map-box");
const SVG = "http://www.w3.org/2000/svg";
const sides = Object.fromEntries(["west", "south", "east", "north"].map((name) => [name, document.getElementById(name)]));

function make(name, attributes) {
  const one = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  return one;
}

const map = make("svg", { viewBox: "0 0 720 360", role: "img", "aria-label": place.dataset.label });
const box = make("rect", { x: 0, y: 0, width: 0, height: 0 });
map.append(make("image", { href: "/static/world.svg", width: 720, height: 360 }), box);
const clear = document.createElement("button");
clear.type = "button";
clear.className = "plain";
clear.textContent = place.dataset.clear;
place.append(map, clear);
place.classList.remove("hidden");

const degrees = (event) => {
  const frame = map.getBoundingClientRect();
  const x = Math.min(Math.max((event.clientX - frame.left) / frame.width, 0), 1);
  const y = Math.min(Math.max((event.clientY - frame.top) / frame.height, 0), 1);
  return [x * 360 - 180, 90 - y * 180];
};

function draw() {
  const [west, south, east, north] = ["west", "south", "east", "north"].map((name) => parseFloat(sides[name].value));
  const known = [west, south, east, north].every(Number.isFinite) && east >= west && north >= south;
  const values = known ? [(west + 180) * 2, (90 - north) * 2, (east - west) * 2, (north - south) * 2] : [0, 0, 0, 0];
  ["x", "y", "width", "height"].forEach((name, at) => box.setAttribute(name, values[at]));
}

function fill(first, last) {
  const round = (number) => String(Math.round(number * 100) / 100);
  sides.west.value = round(Math.min(first[0], last[0]));
  sides.east.value = round(Math.max(first[0], last[0]));
  sides.south.value = round(Math.min(first[1], last[1]));
  sides.north.value = round(Math.max(first[1], last[1]));
  draw();
}

const tell = () => sides.west.form.dispatchEvent(new Event("input", { bubbles: true }));
let from = null;
map.addEventListener("pointerdown", (event) => {
  from = degrees(event);
  map.setPointerCapture(event.pointerId);
});
map.addEventListener("pointermove", (event) => from && fill(from, degrees(event)));
map.addEventListener("pointerup", (event) => {
  if (!from) return;
  fill(from, degrees(event));
  from = null;
  tell();
});
clear.addEventListener("click", () => {
  for (const field of Object.values(sides)) field.value = "";
  draw();
  tell();
});
Object.values(sides).forEach((field) => field.addEventListener("input", draw));
draw();
