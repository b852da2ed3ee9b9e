import type { Control } from './control.ts';
import { createThrottle, type Limits, type Refusal, SERVICE_LIMITS, THROTTLE_KINDS } from './throttle.ts';

export type Settings = {
  readonly forbidden: readonly string[];
  readonly prefixFilter: 'supported' | 'unsupported' | 'slow' | 'incomplete';
  readonly prefixDelayMs: number;
  readonly segmentFilterForm: 'escaped' | 'plain';
  readonly segmentMetadata: 'present' | 'absent';
  readonly metadataCounts: 'present' | 'absent';
  readonly droppedColumns: readonly string[];
  readonly vanishedSegments: readonly string[];
  readonly inactiveSegments: readonly string[];
  readonly repeatRows: boolean;
  readonly pageSize: number;
  readonly faultEvery: number;
  readonly expireTokensEvery: number;
  readonly pageDelayMs: number;
  readonly tokenLifetimeSeconds: number;
  readonly dopHint: number;
};

export type Switches = ReturnType<typeof createSwitches>;

/** Faults that are switched on from outside, and the figures of what was asked and answered. */
export function createSwitches(
  initial: Pick<Settings, 'pageSize' | 'pageDelayMs' | 'tokenLifetimeSeconds'>,
  now: () => number,
) {
  let settings: Settings = {
    forbidden: [],
    prefixFilter: 'supported',
    segmentFilterForm: 'escaped',
    segmentMetadata: 'present',
    prefixDelayMs: 2_000,
    metadataCounts: 'present',
    droppedColumns: [],
    vanishedSegments: [],
    inactiveSegments: [],
    repeatRows: false,
    faultEvery: 0,
    expireTokensEvery: 0,
    dopHint: 10,
    ...initial,
  };
  let limits: Limits = SERVICE_LIMITS;
  let refusals: { readonly left: number; readonly refusal: Refusal } | null = null;
  let failures = { left: 0, status: 503 };
  let cuts = 0;
  let requests = 0;
  let figures: Record<string, number> = {};
  const throttle = createThrottle(now);

  return {
    throttle,
    limits: () => limits,
    current: () => settings,
    count(name: string, by = 1) {
      figures[name] = (figures[name] ?? 0) + by;
    },
    figures: () => ({ ...figures, ...throttle.figures() }),
    takeRefusal(): Refusal | null {
      if (refusals === null || refusals.left === 0) return null;
      refusals = { ...refusals, left: refusals.left - 1 };
      return refusals.refusal;
    },
    /** The status to fail with, or null. */
    takeFailure(): number | null {
      if (failures.left === 0) return null;
      failures = { ...failures, left: failures.left - 1 };
      return failures.status;
    },
    /** Whether the answer is to break off in the middle. */
    takeCut(): boolean {
      if (cuts === 0) return false;
      cuts -= 1;
      return true;
    },
    /** Counts a request, and plans the fault that it is to meet where `faultEvery` says so. True: all tokens die now. */
    meet(): boolean {
      requests += 1;
      const { faultEvery, expireTokensEvery } = settings;
      if (faultEvery > 0 && requests % faultEvery === 0) {
        const kinds = [...THROTTLE_KINDS, 500, 503, 'cut'] as const;
        const kind = kinds[(requests / faultEvery) % kinds.length] ?? 'cut';
        if (kind === 'cut') cuts += 1;
        else if (typeof kind === 'number') failures = { left: 1, status: kind };
        else refusals = { left: 1, refusal: { kind, retryAfterSeconds: 1 } };
      }
      return expireTokensEvery > 0 && requests % expireTokensEvery === 0;
    },
    apply(control: Control) {
      const { throttleNext, failNext, cutNext, limits: changed, resetFigures } = control;
      settings = {
        forbidden: control.forbidden ?? settings.forbidden,
        prefixFilter: control.prefixFilter ?? settings.prefixFilter,
        segmentFilterForm: control.segmentFilterForm ?? settings.segmentFilterForm,
        segmentMetadata: control.segmentMetadata ?? settings.segmentMetadata,
        prefixDelayMs: control.prefixDelayMs ?? settings.prefixDelayMs,
        metadataCounts: control.metadataCounts ?? settings.metadataCounts,
        droppedColumns: control.droppedColumns ?? settings.droppedColumns,
        vanishedSegments: control.vanishedSegments ?? settings.vanishedSegments,
        inactiveSegments: control.inactiveSegments ?? settings.inactiveSegments,
        repeatRows: control.repeatRows ?? settings.repeatRows,
        pageSize: control.pageSize ?? settings.pageSize,
        faultEvery: control.faultEvery ?? settings.faultEvery,
        expireTokensEvery: control.expireTokensEvery ?? settings.expireTokensEvery,
        pageDelayMs: control.pageDelayMs ?? settings.pageDelayMs,
        tokenLifetimeSeconds: control.tokenLifetimeSeconds ?? settings.tokenLifetimeSeconds,
        dopHint: control.dopHint ?? settings.dopHint,
      };
      if (throttleNext) {
        const { count, kind, retryAfterSeconds } = throttleNext;
        refusals = { left: count, refusal: { kind, retryAfterSeconds } };
      }
      if (cutNext) cuts = cutNext.count;
      if (failNext) failures = { left: failNext.count, status: failNext.status };
      if (changed) {
        limits = {
          windowSeconds: changed.windowSeconds ?? limits.windowSeconds,
          requests: changed.requests ?? limits.requests,
          executionSeconds: changed.executionSeconds ?? limits.executionSeconds,
          concurrent: changed.concurrent ?? limits.concurrent,
        };
      }
      if (resetFigures) {
        figures = {};
        throttle.reset();
      }
    },
  };
}
