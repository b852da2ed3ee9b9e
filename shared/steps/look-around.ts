import type { Ports } from '../ports/ports.ts';
import type { ColumnInfo, SegmentInfo, SourceAnswer, SourceCheck, SourceFault } from '../ports/source.ts';

export type Looked<T> = SourceAnswer<T>;
export type LookFault = SourceFault;
export type SourceChecks = readonly SourceCheck[];

/** What can be exported, as a person sees it before writing a definition. */
export const lookAtSegments = (ports: Ports): Promise<Looked<readonly SegmentInfo[]>> =>
  ports.source.segments();

/** What can be matched, with a guess at which contact field each column feeds. */
export const lookAtColumns = (ports: Ports): Promise<Looked<readonly ColumnInfo[]>> => ports.source.columns();

/** Whether the app's own identity, the "export user", may read: token, environment, role and a row of each table. */
export const checkSource = (ports: Ports): Promise<SourceChecks> => ports.source.check();
