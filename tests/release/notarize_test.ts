// Signing and notarizing for macOS, with scripts in place of Apple's tools.

import assert from "node:assert/strict";
import { tarGz } from "../../scripts/release/archive.ts";

const posix = { ignore: Deno.build.os === "windows" };
const name = "athm-1.2.3-macos-arm64";

const secrets = {
  APPLE_CERTIFICATE: btoa("a certificate"),
  APPLE_CERTIFICATE_PASSWORD: "swordfish",
  APPLE_API_KEY: btoa("a key"),
  APPLE_API_KEY_ID: "KEY1",
  APPLE_API_ISSUER: "issuer-1",
};

const sumOf = async (path: string) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(path))).toHex();

/** Runs the script on a folder with one archive, whose checksum is in athm.rb and SHA256SUMS. */
async function notarized(env: Record<string, string>, status = "Accepted") {
  const folder = await Deno.makeTempDir({ prefix: "athm-notarize-test-" });
  const [dist, bin] = [`${folder}/dist`, `${folder}/bin`];
  await Deno.mkdir(dist);
  await Deno.mkdir(bin);
  const played = {
    security: "",
    codesign: 'for last; do :; done; case $* in *--force*) echo signed >>"$last";; esac',
    ditto: 'for last; do :; done; echo zip >"$last"',
    xcrun: `echo "  status: ${status}"`,
  };
  for (const [tool, script] of Object.entries(played)) {
    const text = `#!/bin/sh\necho "${tool} $*" >>"${folder}/log"\n${script}\n`;
    await Deno.writeTextFile(`${bin}/${tool}`, text, { mode: 0o700 });
  }
  const file = (path: string, text: string, executable = false) => ({
    path: `${name}/${path}`,
    bytes: new TextEncoder().encode(text),
    executable,
  });
  const files = [
    file("athm", "program\n", true),
    file("LICENSE", "license\n"),
    file("man/a.1", "x"),
  ];
  await Deno.writeFile(`${dist}/${name}.tar.gz`, await tarGz(files, 1_767_225_600));
  const before = await sumOf(`${dist}/${name}.tar.gz`);
  await Deno.writeTextFile(`${dist}/athm.rb`, `sha256 "${before}"\n`);
  await Deno.writeTextFile(
    `${dist}/SHA256SUMS`,
    `${before}  ${name}.tar.gz\n${await sumOf(`${dist}/athm.rb`)}  athm.rb\n`,
  );
  const script = new URL("../../scripts/release/notarize.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "--no-config", decodeURIComponent(script), dist],
    clearEnv: true,
    env: { PATH: `${bin}:${Deno.env.get("PATH")}`, HOME: folder, NO_COLOR: "1", ...env },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return {
    folder,
    dist,
    before,
    code,
    out: text(stdout),
    err: text(stderr),
    log: await Deno.readTextFile(`${folder}/log`).catch(() => ""),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("notarize: without secrets nothing changes, and it says so", posix, async () => {
  await using ran = await notarized({});
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /^::notice title=not notarized::/);
  assert.equal(await sumOf(`${ran.dist}/${name}.tar.gz`), ran.before);
  assert.equal(ran.log, "");
});

Deno.test(
  "notarize: signs, submits, and replaces the archive's sum everywhere",
  posix,
  async () => {
    await using ran = await notarized(secrets);
    assert.equal(ran.code, 0, ran.err);
    const after = await sumOf(`${ran.dist}/${name}.tar.gz`);
    assert.notEqual(after, ran.before);
    assert.equal(await Deno.readTextFile(`${ran.dist}/athm.rb`), `sha256 "${after}"\n`);
    assert.equal(
      await Deno.readTextFile(`${ran.dist}/SHA256SUMS`),
      `${after}  ${name}.tar.gz\n${await sumOf(`${ran.dist}/athm.rb`)}  athm.rb\n`,
    );
    const listed = await new Deno.Command("tar", {
      args: ["-tzvf", `${ran.dist}/${name}.tar.gz`],
      env: { TZ: "UTC", LC_ALL: "C" },
    }).output();
    const lines = new TextDecoder().decode(listed.stdout).trim().split("\n");
    assert.equal(lines.length, 3);
    assert.match(lines.find((line) => line.endsWith("/athm")) ?? "", /^-rwxr-xr-x/);
    assert.match(ran.log, /^codesign --force --options runtime --timestamp .*Developer ID/m);
    assert.match(ran.log, /^xcrun notarytool submit .* --wait .*--key-id KEY1 --issuer issuer-1$/m);
    assert.match(ran.log, /^security delete-keychain /m);
    const verified = ran.log.indexOf("codesign --verify");
    assert.ok(verified > 0 && verified < ran.log.indexOf("notarytool"));
  },
);

Deno.test("notarize: fails if Apple refuses, or a secret is missing", posix, async () => {
  await using refused = await notarized(secrets, "Invalid");
  assert.equal(refused.code, 1);
  assert.match(refused.err, /Apple did not notarize .*\n.*status: Invalid/);
  assert.equal(await sumOf(`${refused.dist}/${name}.tar.gz`), refused.before);
  await using partly = await notarized({ ...secrets, APPLE_API_KEY: "" });
  assert.equal(partly.code, 1);
  assert.match(partly.err, /^error: not set: APPLE_API_KEY\n/);
  assert.doesNotMatch(refused.err + partly.err, /swordfish/);
});
