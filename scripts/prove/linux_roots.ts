/**
 * Bare roots with athm: one with only glibc's libraries, and one without glibc, where athm includes its
 * own.
 *
 * @module
 */
import type { FakeAws } from "../../tests/support/fake_aws.ts";
import { printed, root as checkout } from "../deno.ts";
import { type Packed, tarGz } from "../release/archive.ts";
import { installer } from "../release/manifests.ts";
import { archiveOf, folderOf, type Target } from "../release/targets.ts";
import { bareChecks } from "./bare_checks.ts";
import { type BareRoot, bareRoot, groundOf } from "./bare_root.ts";
import { debianPackages, emulatedTimeout } from "./command.ts";
import { emulated, emulator, qemu } from "./emulated.ts";
import { type Check, type Ground, ProofSkipped } from "./ground.ts";

const prefix = "/usr/local";
const installed = `${prefix}/bin/athm`;

/** A bare root with the program installed, and the checks for what it lacks. */
export interface Rooted {
  readonly ground: Ground;
  readonly checks: readonly Check[];
}

/**
 * A root with musl instead of glibc: `install.sh` has to choose the right archive, whose program
 * includes glibc.
 */
export async function muslRoot(
  target: Target,
  folder: string,
  work: string,
  aws: FakeAws,
): Promise<Rooted> {
  const root = await bareRoot(work);
  await addMusl(root);
  await install(root, target, folder, `${prefix}/bin`);
  const elsewhere = "/opt/a folder/bin";
  const check = {
    name: "bare root: install.sh installs it into another folder",
    run: async () => {
      await install(root, target, folder, elsewhere);
      const { code, stdout, stderr } = await root.enter(`${elsewhere}/athm`, ["--version"]);
      if (code !== 0 || !stdout.startsWith("athm ")) throw new Error(stdout + stderr);
    },
  };
  return {
    ground: groundOf(target.name, root, installed),
    checks: [check, ...bareChecks(root, installed, aws)],
  };
}

/** The same for arm64 on another processor, where `install.sh` would choose another archive. */
export async function emulatedMuslRoot(
  target: Target,
  folder: string,
  work: string,
  aws: FakeAws,
): Promise<Rooted> {
  await emulator();
  const root = await bareRoot(work);
  await Deno.copyFile(qemu, `${root.path}/bin/qemu`);
  await Deno.mkdir(`${root.path}${prefix}/libexec`);
  await Deno.copyFile(`${folder}/athm`, `${root.path}${prefix}/libexec/athm`);
  await printed("cp", ["-R", `${folder}/lib`, `${root.path}${prefix}/`], work);
  const slow: BareRoot = {
    ...root,
    enter: (program, args, options) =>
      root.enter(program, args, { timeout: emulatedTimeout, ...options }),
  };
  const wrapper = `#!/bin/sh\nexec /bin/qemu ${prefix}/libexec/athm "$@"\n`;
  await Deno.writeTextFile(root.path + installed, wrapper, { mode: 0o755 });
  return {
    ground: emulated(groundOf(target.name, root, installed)),
    checks: bareChecks(slow, installed, aws),
  };
}

/** musl's loader, which is also its `ldd`. */
async function addMusl({ path }: BareRoot): Promise<void> {
  const processor = Deno.build.arch;
  const loader = `/lib/ld-musl-${processor}.so.1`;
  await debianPackages(loader, ["musl"]);
  await Deno.copyFile(await Deno.realPath(loader), path + loader);
  await Deno.chmod(path + loader, 0o755);
  await Deno.symlink(loader, `${path}/bin/ldd`);
}

/** Runs `install.sh` in the root, from a release on loopback. */
async function install(root: BareRoot, target: Target, folder: string, to: string): Promise<void> {
  const version = "1.2.3";
  const files: Packed[] = [];
  for (const path of ["athm", ...libraries(folder)]) {
    const bytes = await Deno.readFile(`${folder}/${path}`);
    files.push({ path: `${folderOf(version, target)}/${path}`, bytes, executable: true });
  }
  const archive = await tarGz(files, 0);
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", archive)).toHex();
  const name = archiveOf(version, target);
  const served = new Map<string, BodyInit>([
    [`/v${version}/${name}`, archive],
    [`/v${version}/SHA256SUMS`, `${sum}  ${name}\n`],
  ]);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url }) => {
      const body = served.get(new URL(url).pathname);
      return body === undefined ? new Response("", { status: 404 }) : new Response(body);
    },
  );
  try {
    const repository = "https://athm.invalid/athm";
    const template = await Deno.readTextFile(`${checkout}/scripts/release/install.sh`);
    await Deno.writeTextFile(
      `${root.path}/install.sh`,
      installer(template, { version, repository }),
    );
    const env = { ATHM_DOWNLOADS: `http://127.0.0.1:${server.addr.port}` };
    const ran = await root.enter("sh", ["/install.sh", "--to", to], { env });
    if (ran.code !== 0) throw new Error(`install.sh failed: ${ran.stderr}`);
  } finally {
    await server.shutdown();
  }
}

function libraries(folder: string): readonly string[] {
  return Array.from(Deno.readDirSync(`${folder}/lib/athm`), ({ name }) => `lib/athm/${name}`);
}

/** A root with only glibc's libraries, for the ordinary program. */
export async function glibcRoot(folder: string, work: string, aws: FakeAws): Promise<Rooted> {
  if (Deno.build.arch !== "x86_64") throw new ProofSkipped("bare roots are made on x64");
  const root = await bareRoot(work);
  const loader = "/lib64/ld-linux-x86-64.so.2";
  const names = ["libc", "libm", "libdl", "libpthread", "librt", "libgcc_s"];
  await Deno.mkdir(`${root.path}/lib64`, { recursive: true });
  await Deno.mkdir(`${root.path}/lib/x86_64-linux-gnu`, { recursive: true });
  await Deno.copyFile(loader, root.path + loader);
  for await (const { name } of Deno.readDir("/lib/x86_64-linux-gnu")) {
    if (!names.some((each) => name.startsWith(`${each}.so`))) continue;
    const path = `/lib/x86_64-linux-gnu/${name}`;
    await Deno.copyFile(path, root.path + path);
  }
  await Deno.copyFile(`${folder}/athm`, root.path + installed);
  await Deno.chmod(root.path + installed, 0o755);
  return {
    ground: groundOf("linux-x64", root, installed),
    checks: bareChecks(root, installed, aws),
  };
}
