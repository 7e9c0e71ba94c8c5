import { type Narrowing, narrowingWords, rfc3339 } from "../../../model/credentials.ts";
import { formatTimeLeft } from "../../../model/duration.ts";
import { naturally } from "../../../model/natural.ts";
import type { Command } from "../../../line/command.ts";
import { colorOf } from "../../../screen/color.ts";
import { type Column, tableText } from "../../../screen/columns.ts";
import { defaultLabel } from "../../../session/serving/serving.ts";
import { openStore } from "../../../session/stores.ts";
import { tokenPath } from "../token_file.ts";

interface ClientRow {
  readonly label: string;
  /** Null for those that the server serves. */
  readonly profiles: readonly string[] | null;
  readonly narrowing: Narrowing | undefined;
  readonly added: number | undefined;
  readonly expires: number | undefined;
}

const columns: readonly Column[] = [
  { title: "LABEL", least: 8 },
  { title: "PROFILES", least: 8 },
  { title: "NARROWED TO", least: 8, leaves: 2 },
  { title: "ADDED", leaves: 1 },
  { title: "EXPIRES" },
];

/** `athm serve token ls`: lists the clients of `athm serve`. */
export const command: Command = {
  count: [0, 0],
  options: [{ name: "json", help: "print a JSON array" }],
  work: async ({ values }, system) => {
    const store = await openStore(system);
    const clients: readonly ClientRow[] = (await store?.clients.all() ?? [])
      .map(({ narrowing, expires, ...client }) => ({ ...client, narrowing, expires }))
      .sort((a, b) => naturally(a.label, b.label));
    const usual: ClientRow[] = store && system.files.facts(tokenPath(system, store, undefined))
      ? [{
        label: defaultLabel,
        profiles: null,
        narrowing: undefined,
        added: undefined,
        expires: undefined,
      }]
      : [];
    const rows = [...usual, ...clients];
    if (values.has("json")) {
      system.out(JSON.stringify(rows.map(plain), undefined, 2) + "\n");
    } else if (rows.length) {
      const left = ({ expires }: ClientRow) =>
        expires === undefined ? undefined : expires - system.now();
      const cells = rows.map((row) => {
        const { label, profiles, narrowing, added, expires } = row;
        return [
          label,
          profiles?.join(", ") ?? "all that are served",
          narrowing ? narrowingWords(narrowing) : "-",
          added === undefined ? "-" : rfc3339(added),
          expires === undefined ? "never" : formatTimeLeft(left(row) ?? 0),
        ];
      });
      const colors = !system.env.get("NO_COLOR");
      system.out(tableText(columns, cells, system.terminal.width(), (at) => {
        const time = left(rows[at]!);
        return colors && time !== undefined ? colorOf(time) : undefined;
      }));
    } else {
      system.say("athm: no clients yet; run athm serve token add LABEL --profile NAME to add one");
    }
    return 0;
  },
};

function plain({ label, profiles, narrowing, added, expires }: ClientRow) {
  const { named: _, ...restriction } = narrowing ?? {};
  return {
    label,
    profiles,
    narrowed: narrowing ? { to: narrowingWords(narrowing), ...restriction } : null,
    added: added === undefined ? null : rfc3339(added),
    expires: expires === undefined ? null : rfc3339(expires),
  };
}
