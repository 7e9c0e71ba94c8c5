import { debianPackages, emulatedTimeout } from "./command.ts";
import type { Ground } from "./ground.ts";
import { here } from "./here.ts";

/** QEMU's user emulation of arm64, linked statically. */
export const qemu = "/usr/bin/qemu-aarch64-static";

/** The ground, whose program runs under QEMU. */
export function emulated(ground: Ground): Ground {
  return {
    ...ground,
    slow: true,
    lacks: { "exec errors": "QEMU reports every failed exec as exit code 127" },
    run: (program, args, options) =>
      ground.run(program, args, { timeout: emulatedTimeout, ...options }),
  };
}

const libraries = "/usr/aarch64-linux-gnu";

/** Debian's glibc and libgcc for arm64, on another processor. */
export async function emulatorLibraries(): Promise<void> {
  await debianPackages(`${libraries}/lib/libgcc_s.so.1`, [
    "libc6-arm64-cross",
    "libgcc-s1-arm64-cross",
  ]);
}

export async function emulator(): Promise<void> {
  await debianPackages(qemu, ["qemu-user-static"]);
}

/**
 * Linux on arm64, by QEMU's user emulation on another processor. Programs that athm starts are this
 * machine's own.
 */
export async function emulatedArm64(athm: string, work: string): Promise<Ground> {
  await emulator();
  await emulatorLibraries();
  // A separate program, so that stories and the demo can start it as `athm`.
  const wrapper = `${work}/athm`;
  await Deno.writeTextFile(
    wrapper,
    `#!/bin/sh\nexec ${qemu} -L ${libraries} "${athm}" "$@"\n`,
    { mode: 0o755 },
  );
  return emulated(here("linux-arm64", wrapper, work));
}
