import { debianPackages } from "./command.ts";
import type { Ground } from "./ground.ts";
import { here } from "./here.ts";

/** What QEMU's user emulation does not do as Linux does. */
const emulatorLacks = { "exec errors": "QEMU reports every failed exec as exit code 127" } as const;

const libraries = "/usr/aarch64-linux-gnu";

/**
 * Linux on arm64, by QEMU's user emulation on another processor. Programs that athm starts are this
 * machine's own.
 */
export async function emulatedArm64(athm: string, work: string): Promise<Ground> {
  const qemu = "/usr/bin/qemu-aarch64-static";
  await debianPackages(qemu, ["qemu-user-static"]);
  await debianPackages(`${libraries}/lib/libgcc_s.so.1`, [
    "libc6-arm64-cross",
    "libgcc-s1-arm64-cross",
  ]);
  // A program of its own, so that stories and the demo can start it as `athm`.
  const wrapper = `${work}/athm`;
  await Deno.writeTextFile(
    wrapper,
    `#!/bin/sh\nexec ${qemu} -L ${libraries} "${athm}" "$@"\n`,
    { mode: 0o755 },
  );
  return { ...here("linux-arm64", wrapper, work), slow: true, lacks: emulatorLacks };
}
