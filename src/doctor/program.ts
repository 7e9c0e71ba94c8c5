import { platforms } from "../system/platforms.ts";
import type { System } from "../system/system.ts";
import { versionText } from "../system/version.ts";
import { type Check, ok, warning } from "./check.ts";

export const versionCheck: Check = (system) => Promise.resolve([ok(versionText(system).trim())]);

/** A script or `credential_process` may run another athm on `PATH`. */
export const programCheck: Check = (system) => {
  const found = programsNamed(system, "athm");
  const [first, ...others] = found;
  if (first === undefined) {
    return Promise.resolve([
      warning("athm is not on PATH: shells and credential_process may not find it", toPath(system)),
    ]);
  }
  return Promise.resolve(
    others.length
      ? [
        warning(
          `${found.length} different athm programs are on PATH; ${first} runs`,
          `${platforms[system.platform].which} athm`,
        ),
      ]
      : [ok(first)],
  );
};

/** How to put this athm on PATH; nothing if it has another name or runs from source. */
function toPath({ selfCommand, platform }: System): string | undefined {
  const [program = "", ...more] = selfCommand();
  const folder = /^(.+)[\\/]athm(\.exe)?$/i.exec(program)?.[1];
  return more.length || folder === undefined ? undefined : platforms[platform].addToPath(folder);
}

export function programsNamed(system: System, name: string): readonly string[] {
  const { files, env, platform } = system;
  const { pathBetween, programEndings } = platforms[platform];
  const folders = (env.get("PATH") ?? "").split(pathBetween).filter(Boolean);
  const endings = /\.\w+$/.test(name) ? [""] : programEndings(env);
  const found = new Map<string, string>();
  for (const folder of folders) {
    for (const ending of endings) {
      const path = files.join(folder, name + ending);
      const real = realFile(system, path);
      if (real !== undefined && !found.has(real)) found.set(real, path);
    }
  }
  return [...found.values()];
}

export function realFile({ files }: System, path: string): string | undefined {
  try {
    const real = files.real(path);
    const facts = real === undefined ? undefined : files.facts(real);
    const mayRun = facts?.mode === undefined || (facts.mode & 0o111) !== 0;
    return facts?.kind === "file" && mayRun ? real : undefined;
  } catch {
    return undefined; // an inaccessible folder of PATH
  }
}
