/** athm's own secrets: a child that reads them could open the store. */
export const storeVariables: readonly string[] = [
  "ATHM_KEY",
  "ATHM_PASSPHRASE",
  "ATHM_PASSPHRASE_FILE",
  "ATHM_BACKUP_PASSPHRASE_FILE",
];
