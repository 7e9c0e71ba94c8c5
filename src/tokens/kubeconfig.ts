import { type Document, isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import { Failure } from "../model/failure.ts";
import type { Cluster } from "./cluster.ts";

/** What kubectl runs for a token. */
export interface TokenCommand {
  readonly command: string;
  readonly args: readonly string[];
}

export interface KubeEntry {
  readonly cluster: Cluster;
  /** The name of the user entry. */
  readonly user: string;
  /** The context's name; without it, an existing one keeps its name. */
  readonly alias?: string | undefined;
  readonly run: TokenCommand;
}

/** Bytes: a file with hundreds of clusters has less. */
export const kubeconfigLimit = 4 * 2 ** 20;

type Lists = "clusters" | "contexts" | "users";

/** The user entry of a profile at a cluster. */
export function userName(profile: string, clusterArn: string): string {
  return `athm:${profile}:${clusterArn}`;
}

/**
 * Adds or updates a cluster, its user and a context, which becomes the current one; the rest of the
 * file, comments included, stays.
 *
 * @throws {Failure} `files` for a file that kubectl could not read either
 */
export function withCluster(
  text: string,
  path: string,
  { cluster, user, alias, run }: KubeEntry,
): { readonly text: string; readonly context: string; readonly renamed?: string | undefined } {
  const document = parsed(text, path);
  const { arn, server, authority } = cluster;
  if (document.contents === null) {
    document.contents = document.createNode({ apiVersion: "v1", kind: "Config" }) as never;
  }
  settle(document, "clusters", arn, "cluster", {
    "certificate-authority-data": authority,
    server,
  }, ["certificate-authority", "insecure-skip-tls-verify"]);
  settle(document, "users", user, "user", {
    exec: {
      apiVersion: "client.authentication.k8s.io/v1",
      command: run.command,
      args: run.args,
      interactiveMode: "IfAvailable",
      provideClusterInfo: false,
    },
  }, ["token", "auth-provider", "client-certificate-data", "client-key-data"]);
  const contexts = listIn(document, "contexts");
  const own = maps(contexts).find((each) =>
    each.getIn(["context", "user"]) === user && each.getIn(["context", "cluster"]) === arn
  );
  const before = own && String(own.get("name"));
  const context = alias ?? before ?? arn;
  const renamed = before === undefined || before === context ? undefined : before;
  if (own && renamed !== undefined) {
    const other = maps(contexts).find((each) => each.get("name") === context);
    if (other) contexts.delete(contexts.items.indexOf(other));
    own.set("name", context);
  }
  settle(document, "contexts", context, "context", { cluster: arn, user }, []);
  document.set("current-context", context);
  return { text: printed(document, text), context, renamed };
}

/** Removes a profile's users for the cluster of that name, their contexts, and idle clusters. */
export function withoutCluster(
  text: string,
  path: string,
  profile: string,
  name: string,
): { readonly text: string; readonly contexts: readonly string[]; readonly users: number } {
  const document = parsed(text, path);
  const begin = `athm:${profile.toLowerCase()}:arn:`;
  const isOwn = (user: unknown) =>
    typeof user === "string" && user.toLowerCase().startsWith(begin) &&
    user.endsWith(`:cluster/${name}`);
  const users = dropped(document, "users", (each) => isOwn(each.get("name")));
  const gone = dropped(document, "contexts", (each) => isOwn(each.getIn(["context", "user"])));
  const contexts = gone.map((each) => String(each.get("name")));
  const used = maps(listIn(document, "contexts")).map((each) => each.getIn(["context", "cluster"]));
  const left = gone.map((each) => each.getIn(["context", "cluster"]));
  dropped(
    document,
    "clusters",
    (each) => left.includes(each.get("name")) && !used.includes(each.get("name")),
  );
  if (contexts.includes(String(document.get("current-context")))) {
    document.set("current-context", "");
  }
  return { text: users.length ? printed(document, text) : text, contexts, users: users.length };
}

/** Whether the file has a cluster of that name. */
export function hasCluster(text: string, path: string, arn: string): boolean {
  return maps(listIn(parsed(text, path), "clusters")).some((each) => each.get("name") === arn);
}

function parsed(text: string, path: string): Document {
  const document = parseDocument(text, { keepSourceTokens: false });
  const problem = document.errors[0];
  const where = problem?.linePos?.[0].line;
  const broken = (what: string) =>
    new Failure(
      "files",
      `${path} is not a kubeconfig file: ${what}`,
      "fix it, or use --kubeconfig",
    );
  if (problem) throw broken(where === undefined ? "not valid YAML" : `line ${where} is not YAML`);
  if (document.contents !== null && !isMap(document.contents)) throw broken("it has no fields");
  for (const name of ["clusters", "contexts", "users"] as const) {
    const list = document.get(name);
    if (list !== undefined && list !== null && !isSeq(list)) throw broken(`${name} is not a list`);
  }
  return document;
}

/** An absent or null list becomes an empty one. */
function listIn(document: Document, name: Lists): YAMLSeq {
  const there = document.get(name);
  if (isSeq(there)) return there;
  const fresh = document.createNode([]) as YAMLSeq;
  if (document.contents !== null) document.set(name, fresh);
  return fresh;
}

function maps(list: YAMLSeq): YAMLMap[] {
  return list.items.filter(isMap);
}

/** Sets the fields of the entry of that name; drops those that contradict them. */
function settle(
  document: Document,
  list: Lists,
  name: string,
  inner: string,
  fields: Readonly<Record<string, unknown>>,
  contradicting: readonly string[],
): void {
  const items = listIn(document, list);
  const there = maps(items).find((each) => each.get("name") === name);
  const body = there?.get(inner);
  if (!there || !isMap(body)) {
    if (there) there.set(inner, document.createNode(fields));
    else {
      // An empty list was written as [], on one line.
      if (items.items.length === 0) items.flow = false;
      const entry = inner < "name" ? { [inner]: fields, name } : { name, [inner]: fields };
      items.add(document.createNode(entry));
    }
    return;
  }
  for (const each of contradicting) body.delete(each);
  for (const [key, value] of Object.entries(fields)) body.set(key, document.createNode(value));
}

function dropped(document: Document, name: Lists, which: (each: YAMLMap) => boolean): YAMLMap[] {
  const list = listIn(document, name);
  const gone = maps(list).filter(which);
  for (const each of gone) list.delete(list.items.indexOf(each));
  return gone;
}

/** In the file's own style; kubectl does not indent lists. */
function printed(document: Document, text: string): string {
  const indentSeq = /^\w[\w-]*:[ \t]*\n+[ \t]+- /m.test(text);
  return document.toString({ lineWidth: 0, indentSeq, flowCollectionPadding: false });
}
