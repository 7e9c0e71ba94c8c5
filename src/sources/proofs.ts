import type { ProofRecords, ProofShelf } from "../model/proofs.ts";

/** What must hold of a proof, and how another is had. */
export interface ProofWanted<P> {
  readonly good: (kept: P) => boolean;
  /** Another, from the one that is kept; that same one where no other is to be had. */
  readonly make: (kept: P | undefined) => Promise<P>;
  /** The name to keep it under, where it is known better once it was made. */
  readonly nameOfMade?: () => string;
}

/** Proofs for which a person does something, kept so that it is done once for all profiles. */
export interface Proofs {
  /** The kept one if it is good, else what is made of it, kept; one process at a time makes one. */
  get<K extends ProofShelf>(
    shelf: K,
    name: string,
    wanted: ProofWanted<ProofRecords[K]>,
  ): Promise<ProofRecords[K]>;
  forget(shelf: ProofShelf, name: string): Promise<void>;
}
