import { hasAwsPaths, readAwsFiles } from "../migration/aws_files.ts";
import { isName, nameKey } from "../model/names.ts";
import { platforms } from "../system/platforms.ts";
import type { System } from "../system/system.ts";
import { type Check, failed, type Finding, ok, warning } from "./check.ts";
import { programsNamed, realFile } from "./program.ts";

/** Each `credential_process` that runs athm: do the program and profile exist? */
export const processesCheck: Check = async (system, shared) => {
  if (!hasAwsPaths(system)) return [warning("not checked: HOME is not set")];
  const { config, credentials } = await readAwsFiles(system);
  const { profiles, damaged, locked } = await shared.profiles();
  const known = new Set(profiles.map(({ name }) => nameKey(name)));
  const complete = !locked && !damaged.length;
  let count = 0;
  const findings: Finding[] = [];
  for (const [section, settings] of [...config, ...credentials]) {
    const call = callOf(settings.get("credential_process") ?? "");
    if (!call) continue;
    count++;
    const of = JSON.stringify(section);
    if (!isThere(system, call.program)) {
      findings.push(failed(
        `the credential_process of ${of} calls ${call.program}, which does not exist`,
        mending(system, section, call.name),
      ));
    } else if (complete && call.name !== undefined && !known.has(nameKey(call.name))) {
      findings.push(failed(
        `the credential_process of ${of} uses the profile ${call.name}, which does not exist`,
        `athm aws add ${call.name}`,
      ));
    }
  }
  if (findings.length) return findings;
  return [
    ok(count === 0 ? "no credential_process calls athm" : `${count} call athm, which exists`),
  ];
};

/** Suggest no command for section names with shell syntax. */
function mending({ platform }: System, section: string, name: string | undefined): string {
  const isPlain = /^[\w.@-]+$/.test(section) && name !== undefined;
  return isPlain
    ? `athm aws configure ${name} --profile ${section}`
    : `${platforms[platform].which} athm`;
}

/** The program and profile of a command line that runs `athm aws process`. */
export function callOf(line: string): { program: string; name: string | undefined } | undefined {
  const words = wordsOf(line);
  const [program = ""] = words;
  if (!/(^|[\\/])athm(\.exe)?$/i.test(program)) return undefined;
  const at = words.indexOf("process");
  const name = words.slice(at + 1).find(isName);
  return { program, name: at < 0 ? undefined : name };
}

/** Splits words at spaces and quotes: botocore uses Python's shlex, other SDKs a shell. */
function wordsOf(line: string): readonly string[] {
  return Array.from(
    line.slice(0, 4096).matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g),
    ([, double, single, plain]) => double ?? single ?? plain ?? "",
  );
}

function isThere(system: System, program: string): boolean {
  return /[\\/]/.test(program)
    ? realFile(system, program) !== undefined
    : programsNamed(system, program).length > 0;
}
