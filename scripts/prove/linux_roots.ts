import type { FakeAws } from "../../tests/support/fake_aws.ts";
import { printed } from "../deno.ts";
import { bareChecks } from "./bare_checks.ts";
import { bareRoot, groundOf } from "./bare_root.ts";
import { type Check, type Ground, ProofSkipped } from "./ground.ts";

const installed = "/usr/local/bin/athm";

/** A bare root in which the program is installed, and the checks for what such a root lacks. */
export interface Rooted {
  readonly ground: Ground;
  readonly checks: readonly Check[];
}

/** A root without glibc: the program brings its own, as `install.sh` lays it out. */
export async function muslRoot(folder: string, work: string, aws: FakeAws): Promise<Rooted> {
  const root = await bareRoot(work);
  await printed("cp", ["-R", `${folder}/lib`, `${root.path}/usr/local/`], work);
  await Deno.copyFile(`${folder}/athm`, root.path + installed);
  await Deno.chmod(root.path + installed, 0o755);
  return {
    ground: groundOf("linux-x64-musl", root, installed),
    checks: bareChecks(root, installed, aws),
  };
}

/** A root with glibc's libraries and nothing else, for the ordinary program. */
export async function glibcRoot(folder: string, work: string, aws: FakeAws): Promise<Rooted> {
  const root = await bareRoot(work);
  const loader = "/lib64/ld-linux-x86-64.so.2";
  const libraries = ["libc", "libm", "libdl", "libpthread", "librt", "libgcc_s"];
  await Deno.mkdir(`${root.path}/lib64`, { recursive: true });
  await Deno.mkdir(`${root.path}/lib/x86_64-linux-gnu`, { recursive: true });
  await Deno.copyFile(loader, root.path + loader);
  for await (const { name } of Deno.readDir("/lib/x86_64-linux-gnu")) {
    if (!libraries.some((each) => name.startsWith(`${each}.so`))) continue;
    const path = `/lib/x86_64-linux-gnu/${name}`;
    await Deno.copyFile(path, root.path + path);
  }
  await Deno.copyFile(`${folder}/athm`, root.path + installed);
  await Deno.chmod(root.path + installed, 0o755);
  if (Deno.build.arch !== "x86_64") throw new ProofSkipped("bare roots are made on x64");
  return {
    ground: groundOf("linux-x64", root, installed),
    checks: bareChecks(root, installed, aws),
  };
}
