import type { Profile } from '../generator/draft.ts';
import type { Membership } from '../generator/segments.ts';

export type ColumnType = 'String' | 'Uniqueidentifier' | 'Integer' | 'DateTime';
export type Columns = Readonly<Record<string, ColumnType>>;
export type Row = Readonly<Record<string, string | number | null>>;

export const PROFILE_COLUMNS = {
  msdynci_customerprofileid: 'Uniqueidentifier',
  msdynci_customerid: 'String',
  msdynci_email: 'String',
  msdynci_firstname: 'String',
  msdynci_lastname: 'String',
  msdynci_streetaddress: 'String',
  msdynci_city: 'String',
  msdynci_state: 'String',
  msdynci_postcode: 'String',
  msdynci_country: 'String',
  msdynci_telephone: 'String',
  msdynci_dateofbirth: 'String',
  msdynci_gender: 'String',
  msdynci_loyalty_tier: 'String',
  msdynci_rewardpoints: 'Integer',
  msdynci_modifiedon: 'DateTime',
} as const satisfies Record<keyof Profile, ColumnType>;

export const MEMBERSHIP_COLUMNS = {
  msdynci_segmentmembershipid: 'Uniqueidentifier',
  msdynci_customerid: 'String',
  msdynci_segmentprovider: 'String',
  msdynci_segmentmembershiptype: 'String',
  msdynci_identifier: 'String',
  msdynci_segments: 'String',
} as const satisfies Record<keyof Membership, ColumnType>;

/** The columns of this table are not published: three things it is known to hold, and three that one may hope for. */
export const METADATA_COLUMNS = {
  mscipriv_segmentmetadataid: 'Uniqueidentifier',
  mscipriv_name: 'String',
  mscipriv_friendlyname: 'String',
  mscipriv_state: 'String',
  mscipriv_membercount: 'Integer',
  mscipriv_evaluatedon: 'DateTime',
} as const satisfies Columns;
