import { endOf, failedStart, withoutVariables } from "../children.ts";
import type { Children, RunningChild } from "../children.ts";
import { platform } from "./platform.ts";

export const children: Children = {
  start: ({ command, args, set, unset }) =>
    withoutVariables(Deno.env, unset, () => {
      try {
        return running(new Deno.Command(command, { args: [...args], env: { ...set } }).spawn());
      } catch (error) {
        throw failedStart(command, error);
      }
    }),
  help: async (spec) => {
    const signal = AbortSignal.timeout(spec.seconds * 1000);
    const child = withoutVariables(Deno.env, spec.unset, () => {
      try {
        return new Deno.Command(spec.command, {
          args: [...spec.args],
          env: { ...spec.set },
          stdin: (spec.input ?? spec.inputBytes) === undefined ? "null" : "piped",
          stdout: "piped",
          stderr: spec.captures === "all" ? "piped" : spec.quiet ? "null" : "inherit",
          signal,
        }).spawn();
      } catch (error) {
        throw failedStart(spec.command, error);
      }
    });
    const { talk } = await import("../helper.ts");
    return await talk(spec, child, signal);
  },
  onSignal: (signal, listener) => {
    // Windows only has SIGINT and SIGBREAK.
    if (platform === "windows" && signal !== "SIGINT") return () => {};
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  },
};

function running(child: Deno.ChildProcess): RunningChild {
  return {
    pid: child.pid,
    ended: endOf(child.status),
    signal: (name) => {
      try {
        child.kill(name);
      } catch (error) {
        // The process just ended.
        if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
      }
    },
  };
}
