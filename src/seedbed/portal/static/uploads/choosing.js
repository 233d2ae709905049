// SPDX-License-Identifier: Apache-2.0
// Which files a person chose or dropped, each with its path below the one folder that all are in.

/** Files of an input; those of a folder carry their paths. */
export function chosen(input) {
  return [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/** Files that were dropped, folders walked through. */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean);
  const found = [];
  for (const entry of entries) await walk(entry, "", found);
  return found;
}

async function walk(entry, above, found) {
  const path = above + entry.name;
  if (entry.isFile) {
    found.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!part.length) return;
    for (const one of part) await walk(one, `${path}/`, found);
  }
}

/** The folder that all are in is the name; it is left off the paths. */
export function named(files) {
  const first = files[0].path.split("/")[0];
  const isFolder = files.every(({ path }) => path.startsWith(`${first}/`));
  if (!isFolder) return { name: files.length === 1 ? first : "", files };
  return { name: first, files: files.map(({ file, path }) => ({ file, path: path.slice(first.length + 1) })) };
}
