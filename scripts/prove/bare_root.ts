/**
 * Linux with only busybox: a folder as the root file system, without passwd, certificates or a
 * distribution's shell.
 *
 * @module
 */
import { debianPackages, found, run } from "./command.ts";
import { type Ground, ProofSkipped, type RunOptions } from "./ground.ts";

const applets = [
  ...["cat", "chmod", "cp", "cut", "dd", "dirname", "echo", "env", "false", "grep", "gzip", "id"],
  ...["ls", "mkdir", "mktemp", "mv", "printf", "rm", "rmdir", "sed", "sh", "sha256sum", "sleep"],
  ...["tail", "tar", "touch", "tr", "true", "uname", "wget"],
];

/** A root with busybox; `enter` runs programs in it. */
export interface BareRoot {
  readonly path: string;
  readonly enter: (
    program: string,
    args: readonly string[],
    options?: RunOptions & { readonly user?: number },
  ) => ReturnType<typeof run>;
}

/** @throws {ProofSkipped} if it cannot be created */
export async function bareRoot(work: string): Promise<BareRoot> {
  if (Deno.build.os !== "linux") throw new ProofSkipped("bare roots need Linux");
  if (Deno.uid() !== 0) throw new ProofSkipped("bare roots need root, for chroot");
  if (!await found("unshare")) throw new ProofSkipped("unshare (util-linux) not found");
  await debianPackages("/usr/share/doc/busybox-static", ["busybox-static"]);
  const path = `${work}/root`;
  for (const folder of ["bin", "dev", "lib", "proc", "root", "tmp", "usr/local/bin"]) {
    await Deno.mkdir(`${path}/${folder}`, { recursive: true });
  }
  await Deno.chmod(`${path}/tmp`, 0o1777);
  await Deno.copyFile("/bin/busybox", `${path}/bin/busybox`);
  for (const name of applets) await Deno.symlink("busybox", `${path}/bin/${name}`);
  return {
    path,
    enter: async (program, args, { cwd = "/", user, env, ...options } = {}) => {
      const chroot = user === undefined ? "" : `--userspec=${user}:${user} `;
      // The mounts are in a namespace of their own and end with it.
      const script = 'mount -t proc proc "$ROOT/proc" && mount --rbind /dev "$ROOT/dev" && ' +
        `exec chroot ${chroot}"$ROOT" /bin/env -i "$@"`;
      const variables = { PATH: "/usr/local/bin:/bin", ...env };
      const pairs = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
      return await run(
        "unshare",
        ["--mount", "sh", "-c", script, "sh", ...pairs]
          .concat(["sh", "-c", 'cd "$0" && exec "$@"', cwd, program, ...args]),
        { ...options, env: { PATH: Deno.env.get("PATH") ?? "", ROOT: path } },
      );
    },
  };
}

/** The ground of a bare root in which `athm` is installed at `program`. */
export function groundOf(target: string, root: BareRoot, program: string): Ground {
  return {
    target,
    system: "linux",
    athm: program,
    run: (command, args, options) => root.enter(command, args, options),
    folder: async (name = "folder") => {
      const parent = await Deno.makeTempDir({ dir: `${root.path}/tmp` });
      await Deno.mkdir(`${parent}/${name}`, { mode: 0o700 });
      const path = `${parent}/${name}`;
      return { here: path, there: path.slice(root.path.length) };
    },
  };
}
