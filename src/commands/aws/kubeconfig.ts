import { Failure, usage } from "../../model/failure.ts";
import { defined } from "../../model/fields.ts";
import { parseName } from "../../model/names.ts";
import type { Command, Line } from "../../line/command.ts";
import type { Values } from "../../line/values.ts";
import { readText, replaceRead } from "../../migration/replacement.ts";
import { openedOnce } from "../../session/stores.ts";
import { expanded, homeFolder } from "../../system/home_folder.ts";
import { refuseNoise } from "../../system/quiet_yaml.ts";
import type { System } from "../../system/system.ts";
import { describedCluster } from "../../tokens/cluster.ts";
import { checkCluster } from "../../tokens/eks.ts";
import {
  hasCluster,
  kubeconfigLimit,
  userName,
  withCluster,
  withoutCluster,
} from "../../tokens/kubeconfig.ts";
import { regionOf } from "../../tokens/place.ts";
import { defaultName } from "../profile/default_name.ts";
import { deedOf, obtain, obtainOptions } from "../profile/obtain.ts";
import { narrowingOptions } from "../profile/options.ts";
import { withOwnHelp } from "./token/origin.ts";

const narrowing = narrowingOptions.map(({ name }) => name);
const kept = ["rotate", "min-ttl", "mfa-code", ...narrowing];
/** Those of a session without a NAME, which kubectl could not ask for. */
const unnamed = obtainOptions.map(({ name }) => name)
  .filter((name) => name !== "region" && !kept.includes(name));

/** `athm aws kubeconfig CLUSTER [NAME]`: makes kubectl run athm for a cluster's tokens. */
export const command: Command = {
  count: [1, 2],
  options: [
    { name: "alias", value: "CONTEXT", help: "name of the context (default: the cluster's ARN)" },
    { name: "region", value: "R", help: "region of the cluster" },
    {
      name: "kubeconfig",
      value: "FILE",
      help: "the kubeconfig file (default: KUBECONFIG or ~/.kube/config)",
    },
    { name: "remove", help: "remove what kubeconfig wrote for the cluster and the profile" },
    { name: "dry-run", help: "print the new file without writing it" },
    ...obtainOptions.filter(({ name }) => kept.includes(name)).map(withOwnHelp),
  ],
  examples: [
    "athm aws kubeconfig production example && kubectl get nodes",
    "athm aws kubeconfig production example --alias prod",
    "athm aws kubeconfig production example --remove",
  ],
  work: async (line, system) => {
    const { operands: [cluster = "", name], values } = line;
    checkCluster(cluster);
    refuseNoise(system);
    const alias = values.text("alias");
    if (alias !== undefined && !/^[\x21-\x7e]{1,253}$/.test(alias)) {
      throw usage("--alias must be 1 to 253 ASCII characters without spaces");
    }
    return values.has("remove")
      ? await remove(system, line, cluster, name)
      : await add(system, line, cluster, alias);
  },
};

async function add(
  system: System,
  line: Line,
  cluster: string,
  alias: string | undefined,
): Promise<number> {
  const { values } = line;
  const asked = { ...line, operands: line.operands.slice(1), values: values.without(unnamed) };
  const obtained = await obtain(asked, system, { deed: deedOf(line) });
  const { name = "" } = obtained;
  const region = regionOf(system, obtained.profile, values.text("region"));
  const described = await describedCluster(system, obtained, cluster, region);
  const { arn, id } = described;
  const path = chosenFile(system, values, arn);
  const { before, text } = readText(system, path, kubeconfigLimit);
  const [program = "", ...start] = system.selfCommand();
  const args = [
    "aws",
    "token",
    "eks",
    id,
    name,
    "--region",
    region,
    ...restriction(system, values),
  ];
  const run = { command: program, args: [...start, ...args] };
  const entry = { cluster: described, user: userName(name, arn), run, ...defined({ alias }) };
  const result = withCluster(text, path, entry);
  if (values.has("dry-run")) {
    system.out(result.text);
    return 0;
  }
  await replaceRead(system, path, "--kubeconfig", { before, after: result.text });
  if (result.renamed !== undefined) {
    system.say(`athm: renamed the context ${result.renamed} to ${result.context}`);
  }
  system.say(`athm: kubectl now uses ${name} for ${cluster}: context ${result.context} in ${path}`);
  return 0;
}

async function remove(
  system: System,
  line: Line,
  cluster: string,
  given: string | undefined,
): Promise<number> {
  const { entry, values } = line;
  const other = [...kept, "alias", "region"].find((name) => values.has(name));
  if (other) throw usage(`--remove and --${other} cannot be combined`);
  const open = openedOnce(system);
  const name = parseName(
    given ?? (await defaultName(system, entry, open, { mayBeGone: true })).name,
  );
  let removed = 0;
  for (const path of candidates(system, values)) {
    const { before, text } = readText(system, path, kubeconfigLimit);
    const { text: next, contexts, users } = withoutCluster(text, path, name, cluster);
    if (!users) continue;
    removed += users;
    if (values.has("dry-run")) {
      system.out(next);
      continue;
    }
    await replaceRead(system, path, "--kubeconfig", { before, after: next });
    const what = contexts.length ? `: removed the context ${contexts.join(", ")}` : "";
    system.say(`athm: ${path} no longer uses ${name} for ${cluster}${what}`);
  }
  if (!removed) system.say(`athm: no kubeconfig file uses ${name} for ${cluster}`);
  return 0;
}

/** The file that already has the cluster, else the first, as the AWS CLI chooses. */
function chosenFile(system: System, values: Values, arn: string): string {
  const paths = candidates(system, values);
  const has = (path: string) => {
    try {
      return hasCluster(readText(system, path, kubeconfigLimit).text, path, arn);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return false; // the error of a file that is not written to does not matter
    }
  };
  return paths.length > 1 ? paths.find(has) ?? paths[0]! : paths[0]!;
}

function candidates(system: System, values: Values): readonly string[] {
  const { env, files, platform } = system;
  const given = values.text("kubeconfig");
  const listed = given === undefined
    ? (env.get("KUBECONFIG") ?? "").split(platform === "windows" ? ";" : ":")
    : [given];
  const paths = listed.filter((each) => each.trim() !== "")
    .map((each) => files.absolute(expanded(system, each)));
  return paths.length ? paths : [files.join(homeFolder(system), ".kube", "config")];
}

/** The options that narrow kubectl's sessions as this one. */
function restriction({ files }: System, values: Values): string[] {
  return narrowing.flatMap((name) => {
    if (name === "read-only") return values.has(name) ? [`--${name}`] : [];
    return values.all(name).map((value) => {
      const isFile = name === "policy" && !/^\s*\{|^@/.test(value);
      return `--${name}=${isFile ? files.absolute(value) : value}`;
    });
  });
}
