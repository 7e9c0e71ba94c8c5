/**
 * Third-party programs that some tests need: `deno task peers` installs them with apt, as root. The
 * tests themselves install Python packages, into cached folders.
 *
 * @module
 */
import { printed, say, script, ScriptFailure } from "../deno.ts";

/** What a test says when a program is missing, and the Debian packages that contain it. */
interface Peer {
  readonly absence: RegExp;
  readonly packages: readonly string[];
}

const peers: readonly Peer[] = [
  ...["zsh", "fish", "ksh", "mandoc", "groff", "ruby", "shellcheck", "wget", "tmux"].map(peer),
  { absence: /\bbusybox\b/, packages: ["busybox-static"] },
  { absence: /\b(dbus-run-session|session bus)\b/, packages: ["dbus"] },
  { absence: /\bgnome-keyring/, packages: ["gnome-keyring"] },
  { absence: /\bsecret-tool\b/, packages: ["libsecret-tools"] },
  { absence: /\bchromium\b/i, packages: ["chromium"] },
  { absence: /\b(venv|PyPI|python3)\b/, packages: ["python3-venv"] },
  {
    absence: /\bSimpleSAMLphp\b/,
    packages: ["simplesamlphp", "php-cli", "php-xml", "php-mbstring", "php-curl", "php-sqlite3"],
  },
  { absence: /\bbash-completion\b/, packages: ["bash-completion"] },
];

function peer(name: string): Peer {
  return { absence: new RegExp(`\\b${name}\\b`), packages: [name] };
}

/** The packages to install, given a test's reason for skipping. */
export function packageOf(reason: string): string | undefined {
  return peers.find(({ absence }) => absence.test(reason))?.packages.join(" ");
}

async function install(): Promise<void> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) {
    throw new ScriptFailure("installing peers requires Debian or Ubuntu, and root");
  }
  const packages = peers.flatMap(({ packages }) => packages);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await printed("apt-get", ["update", "-q"], "/", env);
  const options = ["install", "-y", "-q", "--no-install-recommends"];
  await printed("apt-get", [...options, ...packages], "/", env);
  say(`installed: ${packages.join(" ")}`);
}

if (import.meta.main) await script(install);
