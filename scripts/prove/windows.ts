/**
 * Windows on a Linux machine: Wine 10 of Debian trixie, in a folder that is created once.
 *
 * @module
 */
import { debianPackages, emulatedTimeout, run } from "./command.ts";
import { type Ground, ProofSkipped, type RunOptions } from "./ground.ts";

/** Setting up takes minutes once: debootstrap and Wine's packages. */
const setUpTime = 1_200_000;

/** The folder with Debian and Wine, and what was set up there. */
interface Wine {
  readonly base: string;
  readonly root: string;
}

/**
 * Windows on x64, by Wine. A program sees this machine's disk as drive `Z:`, and shares its loopback.
 *
 * @throws {ProofSkipped} if Wine is missing and cannot be set up
 */
export async function windowsByWine(athm: string, work: string): Promise<Ground> {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
    throw new ProofSkipped("Wine runs the Windows program on Linux x64 only");
  }
  if (Deno.uid() !== 0) throw new ProofSkipped("setting up Wine requires root");
  const wine = await wineFolder();
  const start = starter(wine, work);
  const { code, stderr } = await start("cmd.exe", ["/d", "/c", "ver"]);
  if (code !== 0) {
    throw new ProofSkipped(`Wine does not start: ${stderr.trim().split("\n").at(-1)}`);
  }
  return {
    target: "windows-x64",
    system: "windows",
    athm: seen(athm),
    // Wine starts a program in a third of a second.
    slow: true,
    lacks: { powershell: "Wine has no PowerShell" },
    run: start,
    folder: async (name = "folder") => {
      const parent = await Deno.makeTempDir({ dir: work });
      const path = `${parent}/${name}`;
      await Deno.mkdir(path);
      return { here: path, there: seen(path) };
    },
    // Wine has no subst; a link in the prefix is a drive.
    drive: async ({ here }) => {
      const link = `${work}/prefix/dosdevices/x:`;
      await Deno.symlink(here, link);
      return { name: "X:", [Symbol.asyncDispose]: () => Deno.remove(link) };
    },
  };
}

/** A path of this machine, as a Windows program sees it. */
export function seen(path: string): string {
  return `Z:${path.replaceAll("/", "\\")}`;
}

/** A path that a Windows program sees, on this machine. */
export function unseen(path: string): string {
  return /^Z:/i.test(path) ? path.slice(2).replaceAll("\\", "/") : path;
}

/** Debian 12's own Wine cannot start the runtime, so a newer Debian is unpacked in a folder. */
async function wineFolder(): Promise<Wine> {
  const cache = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") ?? "/root"}/.cache`;
  const base = `${cache}/athm-windows`;
  const root = `${base}/trixie`;
  const isReady = await Deno.stat(`${base}/ready`).then(() => true, () => false);
  if (!isReady) {
    await debianPackages("/usr/sbin/debootstrap", ["debootstrap"]);
    await Deno.mkdir(base, { recursive: true });
    await inShell(setUp, [base, root]);
  }
  await Deno.mkdir(`${base}/home`, { recursive: true });
  return { base, root };
}

/** $1 the cache folder, $2 the root in it. Uses the mirror of this machine's apt. */
const setUp = `
set -eu
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
  grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' ')
[ -n "$mirror" ] || { echo 'apt has no Debian mirror configured' >&2; exit 1; }
rm -rf "$2"
debootstrap --variant=minbase --include=ca-certificates trixie "$2" "$mirror"
cp /etc/apt/apt.conf.d/* "$2/etc/apt/apt.conf.d/" || true
cp /etc/resolv.conf "$2/etc/" || true
chroot "$2" sh -c 'apt-get update -q &&
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends wine wine64'
touch "$1/ready"
`;

async function inShell(script: string, args: readonly string[]): Promise<void> {
  const env = { PATH: Deno.env.get("PATH") ?? "", HOME: Deno.env.get("HOME") ?? "/root" };
  const words = ["-c", script, "sh", ...args];
  const { code, stderr } = await run("/bin/sh", words, { env, timeout: setUpTime });
  if (code !== 0) throw new ProofSkipped(`cannot set up Wine: ${stderr.trim().split("\n").at(-1)}`);
}

/**
 * $1 the root, $2 the working folder, $3 the number of folders to mount, those folders, then `env`'s
 * arguments. Mounts are in their own namespace and end with the program.
 */
const enter = `
set -eu
root=$1 cwd=$2 count=$3
shift 3
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
while [ "$count" -gt 0 ]; do
  mkdir -p "$root$1"
  mount --bind "$1" "$root$1"
  count=$((count - 1))
  shift
done
exec chroot "$root" env -i --chdir="$cwd" "$@"
`;

function starter({ base, root }: Wine, work: string): Ground["run"] {
  return async (
    program,
    args,
    { env = {}, input, cwd, timeout = emulatedTimeout }: RunOptions = {},
  ) => {
    const { PATH: path, ...others } = env;
    const variables: Record<string, string> = {
      PATH: "/usr/bin:/bin:/usr/lib/wine",
      HOME: `${base}/home`,
      // Without UTF-8, Wine garbles words that are not ASCII.
      LANG: "C.UTF-8",
      // One per run: Wine keeps AppData in it and ignores LOCALAPPDATA.
      WINEPREFIX: `${work}/prefix`,
      WINEARCH: "win64",
      WINEDEBUG: "-all",
      WINEDLLOVERRIDES: "mscoree,mshtml=",
      XDG_RUNTIME_DIR: "/tmp",
      // Wine puts these folders before its own in the program's PATH.
      ...path === undefined ? {} : { WINEPATH: path },
      ...others,
      // Wine itself needs it. A Windows program finds its home through USERPROFILE.
      ...others.HOME === undefined ? {} : { HOME: `${base}/home` },
    };
    const folders = [base, work];
    const words = [
      ...["-m", "/bin/sh", "-c", enter, "sh", root, cwd === undefined ? work : unseen(cwd)],
      ...[`${folders.length}`, ...folders],
      ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
      ...["wine64", program, ...args],
    ];
    return await run("/usr/bin/unshare", words, {
      env: { PATH: Deno.env.get("PATH") ?? "" },
      ...input === undefined ? {} : { input },
      timeout,
    });
  };
}
