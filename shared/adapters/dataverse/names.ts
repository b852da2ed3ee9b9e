export const profileTable = 'msdynci_customerprofile';
export const membershipTable = 'msdynci_segmentmembership';
export const modifiedColumn = 'msdynci_modifiedon';

const prefix = 'msdynci_';

/** How Dataverse spells a column of the unified profile: `EMail` is `msdynci_email`. */
export const logicalName = (column: string): string => {
  const lower = column.toLowerCase();
  return lower.startsWith(prefix) ? lower : prefix + lower;
};
