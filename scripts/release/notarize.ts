/**
 * Signs the programs for macOS with a Developer ID and has Apple notarize them: run on macOS in the
 * release workflow, `deno run -A scripts/release/notarize.ts DIST`. Without Apple's secrets it changes
 * nothing and says so.
 *
 * The signed programs differ from those that others can rebuild, so their archives' checksums change in
 * `SHA256SUMS` and `athm.rb` too.
 *
 * @module
 */
import { absolute, printed, say, script, ScriptFailure } from "../deno.ts";
import { type Packed, tarGz } from "./archive.ts";

/** Files in base64 and text, as in the workflow's secrets. */
const secretNames = [
  "APPLE_CERTIFICATE",
  "APPLE_CERTIFICATE_PASSWORD",
  "APPLE_API_KEY",
  "APPLE_API_KEY_ID",
  "APPLE_API_ISSUER",
] as const;
type Secrets = Readonly<Record<typeof secretNames[number], string>>;

/** V8 compiles JavaScript to machine code; the hardened runtime forbids that otherwise. */
const entitlements = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>com.apple.security.cs.allow-jit</key><true/>
<key>com.apple.security.cs.allow-unsigned-executable-memory</key><true/>
</dict></plist>
`;

/** Undefined if no secret is set. */
function secrets(): Secrets | undefined {
  const values = secretNames.map((name) => [name, Deno.env.get(name) ?? ""] as const);
  const missing = values.filter(([, value]) => value === "").map(([name]) => name);
  if (missing.length === secretNames.length) return undefined;
  if (missing.length > 0) throw new ScriptFailure(`not set: ${missing.join(", ")}`);
  return Object.fromEntries(values) as Secrets;
}

async function notarize(dist: string): Promise<void> {
  const given = secrets();
  if (!given) {
    say(
      "::notice title=not notarized::no Apple secrets are set: the macOS programs were left unchanged",
    );
    return;
  }
  const archives = Array.from(Deno.readDirSync(dist), ({ name }) => name)
    .filter((name) => /^athm-.*-macos-.*\.tar\.gz$/.test(name)).toSorted();
  if (archives.length === 0) throw new ScriptFailure(`${dist} contains no archive for macOS`);
  const work = await Deno.makeTempDir({ prefix: "athm-notarize-" });
  const run = async (program: string, ...args: readonly string[]) =>
    await printed(program, args, work).catch((error) => {
      if (!(error instanceof ScriptFailure)) throw error;
      // Its message contains the arguments, some of which are secret.
      throw new ScriptFailure(`${program} ${args[0]} failed`);
    });
  try {
    await openKeychain(work, given, run);
    for (const archive of archives) await notarized(dist, archive, work, given, run);
  } finally {
    await run("security", "delete-keychain", `${work}/keychain`).catch(() => {});
    await Deno.remove(work, { recursive: true });
  }
}

type Run = (program: string, ...args: readonly string[]) => Promise<string>;

/** Imports the certificate into a separate keychain, which `codesign` may use without a prompt. */
async function openKeychain(work: string, given: Secrets, run: Run): Promise<void> {
  const file = async (name: string, base64: string) => {
    const bytes = Uint8Array.fromBase64(base64.replaceAll(/\s/g, ""));
    await Deno.writeFile(`${work}/${name}`, bytes, { mode: 0o600 });
    return `${work}/${name}`;
  };
  await file("key.p8", given.APPLE_API_KEY);
  await Deno.writeTextFile(`${work}/entitlements`, entitlements);
  const certificate = await file("certificate.p12", given.APPLE_CERTIFICATE);
  const keychain = `${work}/keychain`;
  const password = crypto.getRandomValues(new Uint8Array(24)).toHex();
  await run("security", "create-keychain", "-p", password, keychain);
  await run("security", "unlock-keychain", "-p", password, keychain);
  await run(
    "security",
    "import",
    certificate,
    "-k",
    keychain,
    "-P",
    given.APPLE_CERTIFICATE_PASSWORD,
  )
    .finally(() => Deno.remove(certificate));
  const tools = ["-S", "apple-tool:,apple:", "-k", password, keychain];
  await run("security", "set-key-partition-list", ...tools);
  await run("security", "list-keychains", "-d", "user", "-s", keychain, "login.keychain");
}

/** Replaces an archive by one with a signed and notarized program, and its checksum everywhere. */
async function notarized(
  dist: string,
  archive: string,
  work: string,
  given: Secrets,
  run: Run,
): Promise<void> {
  const folder = archive.replace(/\.tar\.gz$/, "");
  await run("tar", "-xzf", `${dist}/${archive}`, "-C", work);
  const program = `${work}/${folder}/athm`;
  await run("codesign", "--force", ...["--options", "runtime"], "--timestamp", ...[
    ...["--entitlements", `${work}/entitlements`, "--keychain", `${work}/keychain`],
    ...["--sign", "Developer ID Application", program],
  ]);
  await run("codesign", "--verify", "--strict", program);
  const zip = `${work}/${folder}.zip`;
  await run("ditto", "-c", "-k", program, zip);
  const answer = await run("xcrun", "notarytool", "submit", zip, "--wait", ...[
    ...["--key", `${work}/key.p8`, "--key-id", given.APPLE_API_KEY_ID],
    ...["--issuer", given.APPLE_API_ISSUER],
  ]);
  // notarytool exits with 0 whatever the outcome.
  if (!/^ *status: Accepted$/m.test(answer)) {
    throw new ScriptFailure(`Apple did not notarize ${archive}:\n${answer}`);
  }
  const before = await sumOf(`${dist}/${archive}`);
  const { files, time } = await packedOf(work, folder);
  await Deno.writeFile(`${dist}/${archive}`, await tarGz(files, time));
  await replaceSum(dist, "athm.rb", before, await sumOf(`${dist}/${archive}`));
  say(`${archive}: signed and notarized`);
}

/** Replaces a checksum in the file, if any, and in SHA256SUMS, along with the file's own. */
async function replaceSum(dist: string, file: string, before: string, after: string) {
  const replace = async (name: string, from: string, to: string) => {
    const text = await Deno.readTextFile(`${dist}/${name}`);
    await Deno.writeTextFile(`${dist}/${name}`, text.replaceAll(from, to));
  };
  const own = await sumOf(`${dist}/${file}`);
  await replace(file, before, after);
  await replace("SHA256SUMS", before, after);
  await replace("SHA256SUMS", own, await sumOf(`${dist}/${file}`));
}

/** The files of an unpacked archive, with their time. */
async function packedOf(work: string, folder: string) {
  const files: Packed[] = [];
  let time = 0;
  const walk = async (path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(`${work}/${path}`)) {
      const inner = `${path}/${name}`;
      if (isDirectory) {
        await walk(inner);
        continue;
      }
      const { mode, mtime } = await Deno.stat(`${work}/${inner}`);
      // The program was just written; all other files have the archive's time.
      if (name === "LICENSE") time = Math.floor((mtime?.getTime() ?? 0) / 1000);
      const executable = ((mode ?? 0) & 0o100) !== 0;
      files.push({ path: inner, bytes: await Deno.readFile(`${work}/${inner}`), executable });
    }
  };
  await walk(folder);
  return { files, time };
}

async function sumOf(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(digest).toHex();
}

if (import.meta.main) {
  await script(async () => {
    const [dist, ...more] = Deno.args;
    if (dist === undefined || more.length > 0) {
      throw new ScriptFailure("wrong arguments", "notarize.ts DIST");
    }
    await notarize(absolute(dist));
  });
}
