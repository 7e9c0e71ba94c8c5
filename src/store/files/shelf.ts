import type { ConsoleSignIn } from "../../model/console_sign_in.ts";
import { usage } from "../../model/failure.ts";
import type { PortalTokens } from "../../model/portal.ts";
import type { Profile } from "../../model/profile.ts";
import type {
  AssertionRecord,
  Confirmation,
  FolderAllowance,
  NamedPolicy,
  NarrowedRecord,
  RegistryRecord,
  ServeClient,
  SessionRecord,
  TakenSerial,
} from "../../model/proofs.ts";
import type { System } from "../../system/system.ts";
import { readOwn, refuseOpenFolder } from "./home.ts";
import { fileId, type StoreKeys } from "../sealing/keys.ts";
import {
  decodeAssertion,
  decodeClient,
  decodeConfirmation,
  decodeConsole,
  decodeFolder,
  decodeNarrowed,
  decodePolicy,
  decodePortal,
  decodeProfile,
  decodeRegistry,
  decodeSession,
  decodeTaken,
  encodeRecord,
  type Sources,
  type StoreRecord,
} from "../sealing/records.ts";
import {
  assertionSubject,
  clientSubject,
  confirmationSubject,
  consoleSubject,
  damaged,
  folderSubject,
  newer,
  policySubject,
  portalSubject,
  profileSubject,
  registrySubject,
  sessionSubject,
  type Subject,
  takenSubject,
} from "./refusals.ts";
import { type Opened, type Purpose, seal, sealedLimit, unseal } from "../sealing/sealed.ts";

/** A folder of sealed files of one kind, named by their id. */
export interface Shelf<T> {
  /** @throws {Failure} if the file cannot be trusted. */
  find(name: string): Promise<T | undefined>;
  open(id: string): Promise<T | undefined>;
  ids(): string[];
  idOf(name: string): Promise<string>;
  readonly folder: string;
  /** Checks the folder. @throws {Failure} `store-open` if others have access. */
  look(): void;
  path(name: string): Promise<string>;
  pathOf(id: string): string;
  sealed(name: string, record: T): Promise<SealedRecord>;
}

export interface SealedRecord {
  readonly folder: string;
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Shelves {
  readonly profiles: Shelf<Profile>;
  readonly sessions: Shelf<SessionRecord>;
  readonly narrowed: Shelf<NarrowedRecord>;
  readonly policies: Shelf<NamedPolicy>;
  readonly folders: Shelf<FolderAllowance>;
  /** By the hash of the token, so that a request opens one file. */
  readonly clients: Shelf<ServeClient>;
  readonly confirmations: Shelf<Confirmation>;
  readonly taken: Shelf<TakenSerial>;
  readonly assertions: Shelf<AssertionRecord>;
  readonly portals: Shelf<PortalTokens>;
  readonly consoles: Shelf<ConsoleSignIn>;
  readonly registries: Shelf<RegistryRecord>;
}

interface Kind<T> {
  readonly folder: string;
  /** Check the folder before reading the first file in it. */
  readonly looksFirst: boolean;
  readonly purpose: Purpose;
  subject(path: string, name?: string): Subject;
  decode(bytes: Uint8Array): Opened<T>;
}

const profileKind = (sources: Sources): Kind<Profile> => ({
  folder: "profiles",
  looksFirst: true,
  purpose: "athm-profile",
  subject: profileSubject,
  decode: (bytes) => decodeProfile(bytes, sources),
});

const sessionKind = {
  folder: "sessions",
  // Too slow for a kept session, whose file's own owner and mode are checked. Sign-ins, lists and
  // writes check the folder.
  looksFirst: false,
  purpose: "athm-session",
  subject: sessionSubject,
  decode: decodeSession,
} as const satisfies Kind<SessionRecord>;

const narrowedKind: Kind<NarrowedRecord> = {
  ...sessionKind,
  folder: "narrowed",
  purpose: "athm-narrowed",
  decode: decodeNarrowed,
};

const policyKind: Kind<NamedPolicy> = {
  folder: "policies",
  looksFirst: true,
  purpose: "athm-policy",
  subject: policySubject,
  decode: decodePolicy,
};

const folderKind: Kind<FolderAllowance> = {
  folder: "folders",
  looksFirst: true,
  purpose: "athm-folder",
  subject: folderSubject,
  decode: decodeFolder,
};

const clientKind: Kind<ServeClient> = {
  folder: "clients",
  looksFirst: true,
  purpose: "athm-client",
  subject: clientSubject,
  decode: decodeClient,
};

const confirmationKind: Kind<Confirmation> = {
  folder: "confirmations",
  looksFirst: true,
  purpose: "athm-confirmation",
  subject: confirmationSubject,
  decode: decodeConfirmation,
};

const takenKind: Kind<TakenSerial> = {
  folder: "taken",
  looksFirst: true,
  purpose: "athm-taken",
  subject: takenSubject,
  decode: decodeTaken,
};

const assertionKind: Kind<AssertionRecord> = {
  folder: "assertions",
  looksFirst: true,
  purpose: "athm-assertion",
  subject: assertionSubject,
  decode: decodeAssertion,
};

const portalKind: Kind<PortalTokens> = {
  folder: "portals",
  looksFirst: true,
  purpose: "athm-portal",
  subject: portalSubject,
  decode: decodePortal,
};

const consoleKind: Kind<ConsoleSignIn> = {
  folder: "consoles",
  looksFirst: true,
  purpose: "athm-console",
  subject: consoleSubject,
  decode: decodeConsole,
};

const registryKind: Kind<RegistryRecord> = {
  folder: "registries",
  looksFirst: true,
  purpose: "athm-registry",
  subject: registrySubject,
  decode: decodeRegistry,
};

export function shelves(
  system: System,
  home: string,
  root: string,
  keys: StoreKeys,
  sources: Sources,
): Shelves {
  return {
    profiles: shelf(system, home, root, keys, profileKind(sources)),
    sessions: shelf(system, home, root, keys, sessionKind),
    narrowed: shelf(system, home, root, keys, narrowedKind),
    policies: shelf(system, home, root, keys, policyKind),
    folders: shelf(system, home, root, keys, folderKind),
    clients: shelf(system, home, root, keys, clientKind),
    confirmations: shelf(system, home, root, keys, confirmationKind),
    taken: shelf(system, home, root, keys, takenKind),
    assertions: shelf(system, home, root, keys, assertionKind),
    portals: shelf(system, home, root, keys, portalKind),
    consoles: shelf(system, home, root, keys, consoleKind),
    registries: shelf(system, home, root, keys, registryKind),
  };
}

function shelf<T extends StoreRecord>(
  system: System,
  home: string,
  root: string,
  keys: StoreKeys,
  { folder: folderName, looksFirst, purpose, subject, decode }: Kind<T>,
): Shelf<T> {
  const { files } = system;
  const folder = files.join(root, folderName);
  const idOf = (name: string) => fileId(keys, purpose, name);
  const pathOf = (id: string) => files.join(folder, id);

  const look = () => refuseOpenFolder(system, home, folder);
  let isLookedAt = !looksFirst;

  async function open(id: string, name?: string): Promise<T | undefined> {
    if (!isLookedAt) look();
    isLookedAt = true;
    const about = subject(pathOf(id), name);
    const bytes = readOwn(system, home, about, sealedLimit);
    if (!bytes) return undefined;
    const plain = await unseal(keys.sealing, { purpose, id }, bytes);
    const record = typeof plain === "string" ? plain : decode(plain);
    if (record === "damaged") throw damaged(about);
    if (record === "newer") throw newer(about);
    return record;
  }

  return {
    find: async (name) => await open(await idOf(name), name),
    open: (id) => open(id),
    // Ignore other files, such as those of file managers.
    ids() {
      look();
      return files.list(folder).filter((name) => /^[0-9a-f]{32}$/.test(name));
    },
    idOf,
    folder,
    look,
    path: async (name) => pathOf(await idOf(name)),
    pathOf,
    async sealed(name, record) {
      const id = await idOf(name);
      try {
        const bytes = await seal(
          keys.sealing,
          { purpose, id },
          system.random(12),
          encodeRecord(record),
        );
        return { folder, path: pathOf(id), bytes };
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw usage(`${JSON.stringify(name)} exceeds the store's limit of 192 KiB`);
      }
    },
  };
}
