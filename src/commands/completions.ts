import type { Command, Entry } from "../line/command.ts";
import { type Candidate, expectedWordAt } from "../line/complete.ts";
import { answerText, shellNamed } from "../line/shells.ts";
import { Failure } from "../model/failure.ts";
import { isName } from "../model/names.ts";
import { outlinesIn } from "../session/outlines.ts";
import { openStore, type Store } from "../session/stores.ts";
import type { System } from "../system/system.ts";
import { unattended } from "../system/unattended.ts";

/** `athm completions SHELL`: prints the completion script; with words, their completions. */
export const completing = (entries: readonly Entry[]): Command => ({
  count: [1, 1],
  // The operands after the shell are a line being typed, not athm's own options.
  runsProgram: true,
  options: [],
  examples: [
    "source <(athm completions bash)       # in ~/.bashrc",
    "source <(athm completions zsh)        # in ~/.zshrc, after compinit",
    "athm completions fish > ~/.config/fish/completions/athm.fish",
    "athm completions powershell           # | Out-String | Invoke-Expression, in $PROFILE",
  ],
  work: async ({ operands: [name = ""], program }, system) => {
    const shell = shellNamed(name);
    system.out(program.length ? await answer(shell.words(program), entries, system) : shell.script);
    return 0;
  },
});

async function answer(
  words: readonly string[],
  entries: readonly Entry[],
  system: System,
): Promise<string> {
  const wanted = await expectedWordAt(words, entries);
  if (!("before" in wanted) || wanted.kind === "file") return answerText(wanted);
  const known = wanted.kind === "region"
    ? (await import("../model/partitions.ts")).knownRegions.map((value) => ({ value, help: "" }))
    : [...wanted.others ?? [], ...await namesInStore(unattended(system), wanted.kind)];
  const values = known.map(({ value, help }) => ({ value: wanted.before + value, help }));
  return answerText({ kind: "values", values });
}

const kinds = {
  profile: [profileNames],
  policy: [policyNames],
  client: [labels],
  served: [labels, profileNames],
};

/** If readable without a prompt. */
async function namesInStore(
  system: System,
  kind: keyof typeof kinds,
): Promise<readonly Candidate[]> {
  try {
    const store = await openStore(system);
    const found = store ? await Promise.all(kinds[kind].map((names) => names(store))) : [];
    // Names are validated on saving too; never pass a shell anything else.
    return found.flat().filter(({ value }) => isName(value));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // The store is locked or damaged: the completed command itself will say so.
    system.trace("no names", { why: error.message });
    return [];
  }
}

async function profileNames(store: Store): Promise<readonly Candidate[]> {
  return (await outlinesIn(store)).flatMap((each) =>
    "outline" in each ? [{ value: each.outline.name, help: each.outline.kind }] : []
  );
}

async function labels(store: Store): Promise<readonly Candidate[]> {
  return (await store.clients.all()).map(({ label }) => ({ value: label, help: "client" }));
}

async function policyNames(store: Store): Promise<readonly Candidate[]> {
  return (await store.policies.all()).map(({ name }) => ({ value: name, help: "policy" }));
}
