import type { Command } from "../line/command.ts";
import { quote } from "../model/failure.ts";
import type { Platform, System } from "../system/system.ts";
import { versionText } from "../system/version.ts";

/** `athm update`: shows how this copy was installed and which command updates it; changes nothing. */
export const command: Command = {
  count: [0, 0],
  options: [],
  work: (_line, system) => {
    const { how, updates } = installation(system);
    system.out(`${versionText(system).trim()}\ninstalled ${how}\nupdate: ${updates}\n`);
    return Promise.resolve(0);
  },
};

interface Installation {
  readonly how: string;
  readonly updates: string;
}

/** A way to install, recognized by the real path of the program. */
interface Way {
  readonly isThis: (path: string, system: System) => boolean;
  readonly platforms?: readonly Platform[];
  readonly installation: (folder: string) => Installation;
}

/** dpkg's list of the package's files. */
const packageFiles = "/var/lib/dpkg/info/athm.list";

const ways: readonly Way[] = [
  {
    isThis: (path) => /\/Cellar\/athm\//.test(path),
    installation: () => ({ how: "by Homebrew", updates: "brew upgrade athm" }),
  },
  {
    isThis: (path) => /[\\/]scoop[\\/]apps[\\/]athm[\\/]/i.test(path),
    installation: () => ({ how: "by Scoop", updates: "scoop update athm" }),
  },
  {
    isThis: (path, { files }) =>
      path === "/usr/bin/athm" && files.facts(packageFiles) !== undefined,
    installation: () => ({
      how: "as a Debian package",
      updates: "sudo apt install ./athm_VERSION_PROCESSOR.deb, from the newest release",
    }),
  },
  {
    isThis: () => true,
    platforms: ["windows"],
    installation: (folder) => ({
      how: `from an archive, in ${folder}`,
      updates: `unpack athm.exe of the newest release into ${folder}`,
    }),
  },
];

function byInstaller(folder: string): Installation {
  return {
    how: `by install.sh, or from an archive, in ${folder}`,
    updates: `sh install.sh --to ${quote(folder)}, with install.sh of the newest release`,
  };
}

function installation(system: System): Installation {
  const [program = "", ...more] = system.selfCommand();
  if (more.length > 0) return { how: "from a checkout", updates: "git pull" };
  const path = system.files.real(program) ?? program;
  const way = ways.find(({ platforms, isThis }) =>
    (platforms?.includes(system.platform) ?? true) && isThis(path, system)
  );
  const folder = path.replace(/[\\/][^\\/]*$/, "");
  return (way?.installation ?? byInstaller)(folder);
}
