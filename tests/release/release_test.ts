// The parts of a release that only need Deno: archives, notes, bill of materials, manifests.

import assert from "node:assert/strict";
import { type Module } from "../../scripts/contents.ts";
import { settleNames } from "../../scripts/bundle.ts";
import { crc32, type Packed, tarGz, zip } from "../../scripts/release/archive.ts";
import type { Release } from "../../scripts/release/checks.ts";
import { dockerfile, formula, installer, scoop } from "../../scripts/release/manifests.ts";
import { interpreterOf } from "../../scripts/release/musl.ts";
import { notesOf } from "../../scripts/release/notes.ts";
import {
  checkProgram,
  leastGlibc,
  neededGlibc,
  runtimeOf,
} from "../../scripts/release/program_facts.ts";
import { type Lock, sbom } from "../../scripts/release/sbom.ts";
import { targets } from "../../scripts/release/targets.ts";
import { absolute, ScriptFailure } from "../../scripts/deno.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

const files: readonly Packed[] = [
  { path: "a/program", bytes: bytes("x".repeat(1000)), executable: true },
  { path: "a/LICENSE", bytes: bytes("free\n"), executable: false },
];
/** 2026-01-01T00:00:00Z, in seconds. */
const time = 1_767_225_600;

const release: Release = {
  version: "1.2.3",
  commit: "0123456789012345678901234567890123456789",
  time,
  repository: "https://git.example/ann/athm",
  notes: "",
  targets,
  runtime: "2.9.6",
};

async function unsqueezed(data: Uint8Array<ArrayBuffer>, format: CompressionFormat) {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

Deno.test("archive: a tar archive has each file with its mode, a fixed time and no owner", async () => {
  const tar = await unsqueezed(await tarGz(files, time), "gzip");
  const header = (at: number, from: number, length: number) =>
    text(tar.subarray(at + from, at + from + length)).replace(/\0.*$/, "");
  const second = 512 + 512;
  for (
    const [at, path, mode, size] of [[0, "a/LICENSE", "0000644", 5], [
      second,
      "a/program",
      "0000755",
      1000,
    ]] as const
  ) {
    assert.equal(header(at, 0, 100), path);
    assert.equal(header(at, 100, 8), mode);
    assert.equal(header(at, 108, 8) + header(at, 116, 8), "00000000000000");
    assert.equal(Number.parseInt(header(at, 124, 12), 8), size);
    assert.equal(Number.parseInt(header(at, 136, 12), 8), time);
    const sum = tar.subarray(at, at + 512)
      .reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
    assert.equal(Number.parseInt(header(at, 148, 8), 8), sum);
  }
  assert.equal(text(tar.subarray(512, 517)), "free\n");
  assert.equal(tar.length % 512, 0);
});

Deno.test("archive: gzip's header contains neither name nor time", async () => {
  const [magic, more, method, flags, ...stamp] = (await tarGz(files, time)).subarray(0, 8);
  assert.deepEqual([magic, more, method, flags, stamp], [0x1f, 0x8b, 8, 0, [0, 0, 0, 0]]);
});

Deno.test("archive: a zip archive has each file, its sum, its mode and a fixed time", async () => {
  const archive = await zip(files, time);
  const view = new DataView(archive.buffer);
  const end = archive.length - 22;
  assert.equal(view.getUint32(end, true), 0x06054b50);
  assert.equal(view.getUint16(end + 10, true), 2);
  let at = view.getUint32(end + 16, true);
  for (const file of files.toSorted((a, b) => a.path < b.path ? -1 : 1)) {
    assert.equal(view.getUint32(at, true), 0x02014b50);
    assert.equal(view.getUint16(at + 14, true), 46 * 512 + 1 * 32 + 1);
    assert.equal(view.getUint32(at + 16, true), crc32(file.bytes));
    assert.equal(view.getUint32(at + 38, true) >>> 16, file.executable ? 0o100755 : 0o100644);
    const length = view.getUint16(at + 28, true);
    assert.equal(text(archive.subarray(at + 46, at + 46 + length)), file.path);
    const local = view.getUint32(at + 42, true);
    const start = local + 30 + length;
    const data = archive.slice(start, start + view.getUint32(at + 20, true));
    assert.deepEqual(await unsqueezed(data, "deflate-raw"), file.bytes);
    at += 46 + length;
  }
  assert.equal(at, end);
});

Deno.test("archive: the checksum is that of RFC 1952", () => {
  assert.equal(crc32(bytes("123456789")), 0xcbf43926);
});

Deno.test("archive: the order of files does not change the bytes", async () => {
  for (const pack of [tarGz, zip]) {
    assert.deepEqual(await pack(files, time), await pack(files.toReversed(), time));
  }
});

Deno.test("bundle: chunk names do not change the result", async () => {
  const bundled = (a: string, b: string, c: string) =>
    new Map([
      ["main.js", `import"./${a}";import("../${b}")`],
      [a, "export const a=1"],
      [b, `import("../${c}");export const b=1`],
      [c, `import("../${b}");export const b=2`],
    ]);
  const one = await settleNames(bundled("x-AAAAAAAA.js", "y-BBBBBBBB.js", "y-CCCCCCCC.js"));
  const other = await settleNames(bundled("x-DDDDDDDD.js", "y-AAAAAAAA.js", "y-00000000.js"));
  assert.deepEqual([...one].toSorted(), [...other].toSorted());
  assert.equal(new Set(one.keys()).size, 4);
  for (const [, target = ""] of one.get("main.js")?.matchAll(/"\.\/([^"]+)"/g) ?? []) {
    assert.ok(one.has(target), target);
  }
});

Deno.test("bundle: rejects indistinguishable chunks", async () => {
  const same = new Map([["a-AAAAAAAA.js", "1"], ["a-BBBBBBBB.js", "1"]]);
  await assert.rejects(settleNames(same), /the same/);
});

const changelog = [
  "# Changelog",
  "",
  "## [Unreleased]",
  "",
  "- later",
  "",
  "## [1.2.3] - 2026-01-01",
  "",
  "### Added",
  "",
  "- this",
  "",
  "## [1.2.2]",
  "",
  "## [1.2.1] - 2025-01-01",
  "",
  "[1.2.3]: https://example.com",
  "",
].join("\n");

Deno.test("notes: contains the version's section of the changelog", () => {
  assert.equal(notesOf(changelog, "1.2.3"), "### Added\n\n- this\n");
  assert.throws(() => notesOf(changelog, "1.2.4"), /no section for version 1\.2\.4/);
  assert.throws(() => notesOf(changelog, "1.2.2"), /no date for version 1\.2\.2/);
  assert.throws(() => notesOf(changelog, "1.2.1"), /has an empty section/);
});

const lock: Lock = {
  npm: {
    "@a/b@1.0.0": { integrity: "sha512-AAAA", dependencies: ["c", "d@2.0.0"] },
    "c@3.0.0": { integrity: "sha512-BBBB" },
    "d@1.0.0": { integrity: "sha512-CCCC" },
    "d@2.0.0_c@3.0.0": { integrity: "sha512-DDDD", dependencies: ["c"] },
  },
};

function module(name: string, version: string): Module {
  return { path: "", bytes: 1, package: { name, version, folder: name } };
}

const licenses: Readonly<Record<string, string>> = {
  "@a/b": "MIT",
  c: "(MIT OR Apache-2.0)",
  d: "0BSD",
};
const manifestOf = ({ name }: { readonly name: string }) =>
  Promise.resolve({ license: licenses[name] });

Deno.test("sbom: lists embedded packages of deno.lock with licenses, sums and dependencies", async () => {
  const modules = [module("@a/b", "1.0.0"), module("c", "3.0.0"), module("d", "2.0.0")];
  const made = await sbom(release, "2.9.6", modules, lock, manifestOf);
  assert.equal(made, await sbom(release, "2.9.6", modules.toReversed(), lock, manifestOf));
  const { components, dependencies, metadata } = JSON.parse(made);
  assert.equal(metadata.timestamp, "2026-01-01T00:00:00.000Z");
  assert.deepEqual(components.map((each: { purl: string }) => each.purl), [
    "pkg:generic/deno@2.9.6",
    "pkg:npm/%40a/b@1.0.0",
    "pkg:npm/c@3.0.0",
    "pkg:npm/d@2.0.0",
  ]);
  assert.deepEqual(components[1].licenses, [{ license: { id: "MIT" } }]);
  assert.deepEqual(components[2].licenses, [{ expression: "(MIT OR Apache-2.0)" }]);
  assert.deepEqual(components[1].hashes, [{ alg: "SHA-512", content: "000000" }]);
  assert.deepEqual(dependencies.slice(2), [
    { ref: "pkg:npm/%40a/b@1.0.0", dependsOn: ["pkg:npm/c@3.0.0", "pkg:npm/d@2.0.0"] },
    { ref: "pkg:npm/c@3.0.0", dependsOn: [] },
    { ref: "pkg:npm/d@2.0.0", dependsOn: ["pkg:npm/c@3.0.0"] },
  ]);
});

Deno.test("sbom: lists the libraries of a distribution in archives for musl", async () => {
  const libc = {
    name: "libc6",
    version: "2.36-9+deb12u10",
    distribution: "debian",
    processor: "amd64",
    license: "LGPL-2.1-or-later",
  };
  const { components } = JSON.parse(await sbom(release, "2.9.6", [], lock, manifestOf, [libc]));
  const [, { purl, licenses }] = components;
  assert.equal(purl, "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64");
  assert.deepEqual(licenses, [{ expression: "LGPL-2.1-or-later" }]);
});

Deno.test("sbom: rejects a package that is not locked or has no license", async () => {
  const bill = (...modules: readonly Module[]) => sbom(release, "2.9.6", modules, lock, manifestOf);
  await assert.rejects(bill(module("e", "1.0.0")), ScriptFailure);
  await assert.rejects(bill(module("c", "3.0.1")), /not in deno\.lock/);
  const silent = sbom(release, "2.9.6", [module("c", "3.0.0")], lock, () => Promise.resolve({}));
  await assert.rejects(silent, /names no license/);
});

const archives = targets.map((target, index) => ({ target, sum: `${index}`.repeat(64) }));

Deno.test("formula: lists each archive for macOS and Linux with its sum", () => {
  const made = formula(release, archives) ?? "";
  const unix = archives.filter(({ target }) => target.archive === "tar.gz" && !target.bringsGlibc);
  assert.equal(unix.length, 4);
  for (const { target, sum } of unix) {
    const url = `${release.repository}/releases/download/v1.2.3/athm-1.2.3-${target.name}.tar.gz`;
    assert.ok(made.includes(`url "${url}"\n      sha256 "${sum}"`), target.name);
  }
  assert.doesNotMatch(made, /windows/);
  assert.equal(
    formula(release, archives.filter(({ target }) => target.archive === "zip")),
    undefined,
  );
});

Deno.test("scoop: lists each archive for Windows with its sum", () => {
  const { architecture, bin } = JSON.parse(scoop(release, archives) ?? "");
  assert.deepEqual(Object.keys(architecture), ["64bit", "arm64"]);
  assert.equal(
    architecture["64bit"].hash,
    archives.find(({ target }) => target.name === "windows-x64")?.sum,
  );
  assert.equal(architecture.arm64.extract_dir, "athm-1.2.3-windows-arm64");
  assert.equal(bin, "athm.exe");
  assert.equal(
    scoop(release, archives.filter(({ target }) => target.archive !== "zip")),
    undefined,
  );
});

Deno.test("Dockerfile: contains the sum of each processor's archive", () => {
  const made = dockerfile(release, archives) ?? "";
  for (const name of ["linux-x64", "linux-arm64"]) {
    const sum = archives.find(({ target }) => target.name === name)?.sum;
    assert.match(made, new RegExp(`sha256:${sum} [^]*?/athm-1\\.2\\.3-${name}\\.tar\\.gz`));
  }
  assert.equal(dockerfile(release, archives.slice(0, 1)), undefined);
});

Deno.test("sbom: the runtime is the one that the program contains", () => {
  assert.equal(
    runtimeOf(bytes("\x7fELF Deno/ Deno/x Deno/2.7.11Deno/2.7.11+6ddbb09 end")),
    "2.7.11",
  );
  assert.throws(() => runtimeOf(bytes("text")), /contains 0 versions of Deno/);
  assert.throws(() => runtimeOf(bytes("Deno/2.7.11 Deno/2.9.6")), /contains 2 versions of Deno/);
});

Deno.test("release: a program that differs from the papers and the docs is refused", async () => {
  const linux = targets.find(({ name }) => name === "linux-x64") ?? assert.fail();
  const program = (...words: string[]) => bytes(words.join("\0"));
  await checkProgram(linux, program("Deno/2.9.6", "GLIBC_2.2.5", "GLIBC_2.27"), "2.9.6");
  for (
    const [made, says] of [
      [program("Deno/2.7.11", "GLIBC_2.27"), /contains Deno 2\.7\.11, not 2\.9\.6/],
      [program("Deno/2.9.6", "GLIBC_2.27", "GLIBC_2.34"), /requires glibc 2\.34, not 2\.27/],
    ] as const
  ) await assert.rejects(checkProgram(linux, made, "2.9.6"), says);
  assert.equal(neededGlibc(program("GLIBC_2.9", "GLIBC_2.17")), "2.17");
  for (
    const file of ["docs/platforms.md", "scripts/release/install.sh", "scripts/release/deb.ts"]
  ) {
    assert.ok(
      Deno.readTextFileSync(new URL(`../../${file}`, import.meta.url)).includes(leastGlibc),
      file,
    );
  }
});

Deno.test("musl: finds the loader's path in the program, or fails", () => {
  const program = new TextEncoder().encode("\x7fELF /u /usr/l /usr/local/lib/athm//ld.so end");
  assert.equal(interpreterOf(program, "/usr/local/lib/athm//ld.so"), "15 26\n");
  assert.throws(() => interpreterOf(program, "/usr/local/lib/athm/ld.so"), /path of its loader/);
});

Deno.test("install.sh: has no unfilled template", () => {
  const template = Deno.readTextFileSync(
    new URL("../../scripts/release/install.sh", import.meta.url),
  );
  const made = installer(template, release);
  assert.match(template, /@VERSION@[\s\S]*@REPOSITORY@/);
  assert.doesNotMatch(made, /@[A-Z]+@/);
  assert.ok(made.includes(`\${ATHM_DOWNLOADS:-${release.repository}/releases/download}`));
});

Deno.test("an absolute path stays, on Windows too", () => {
  for (const path of ["/a/athm", "C:/a/athm", "d:\\a\\athm", "\\\\server\\athm"]) {
    assert.equal(absolute(path), path);
  }
  assert.equal(absolute("dist/athm"), `${Deno.cwd()}/dist/athm`);
});
