export const profileTable = 'msdynci_customerprofile';
export const membershipTable = 'msdynci_segmentmembership';
export const profileSet = 'msdynci_customerprofiles';
export const membershipSet = 'msdynci_segmentmemberships';
export const idColumn = 'msdynci_customerid';
export const modifiedColumn = 'msdynci_modifiedon';

const prefix = 'msdynci_';

/** How Dataverse spells a column of the unified profile: `EMail` is `msdynci_email`. */
export const logicalName = (column: string): string => {
  const lower = column.toLowerCase();
  return lower.startsWith(prefix) ? lower : prefix + lower;
};

/** How a definition names a column; `undefined` for one that is not of the unified profile. */
export const columnName = (logical: string): string | undefined =>
  logical.startsWith(prefix) && logical.length > prefix.length ? logical.slice(prefix.length) : undefined;
