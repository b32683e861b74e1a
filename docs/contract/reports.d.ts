// @autotraj/core/reports, written by `npm run contract`. What it promises: docs/guide/compatibility.md.

// results/artifact.ts
import type { StageArtifact } from "../kernel/plugin.ts";
export type KeyParts = Readonly<Record<string, string>>;
export interface Source {
    readonly kind: "stage" | "file";
    readonly path: string;
    readonly hash: string;
}
export interface KeptArtifact extends StageArtifact {
    readonly parts?: KeyParts;
    readonly madeFrom?: readonly Source[];
}
export declare function stageDir(runDir: string, name: string, trains: string | undefined): string;
export declare function roundDir(runDir: string, round: number): string;
export declare function artifactOf(runDir: string, name: string): KeptArtifact | undefined;
export declare function keepArtifact(root: string, { dir, outOfDate: _, ...artifact }: KeptArtifact): void;
export declare function portable(dir: string, root: string, path: string): string;
export declare function found(dir: string, path: string): string;
export declare function changeOfAny(dir: string, sources: readonly Source[]): string | undefined;

// results/reports.ts
import type { Source } from "./artifact.ts";
export interface Estimate {
    readonly value: number;
    readonly low: number;
    readonly high: number;
    readonly n: number;
}
export interface ModelEvaluation {
    readonly model: string;
    readonly path: string | null;
    readonly identity?: string;
    readonly precision?: string;
    readonly madeFrom?: readonly Source[];
    readonly outOfDate?: string;
    readonly questions: number;
    readonly failed: number;
    readonly greedy: Estimate | null;
    readonly sampled: {
        readonly samples: number;
        readonly temperature: number;
        readonly average: Estimate;
        readonly pass: Estimate;
        readonly passAt?: Readonly<Record<string, Estimate>>;
        readonly majority: Estimate;
        readonly best: Estimate | null;
    } | null;
    readonly otherRules: Readonly<Record<string, Estimate>>;
    readonly tasks: Readonly<Record<string, {
        readonly questions: number;
        readonly accuracy: number;
    }>>;
    readonly toolCalls: number | null;
    readonly words: number | null;
    readonly dimensions: Readonly<Record<string, number>>;
}
export interface ModelComparison {
    readonly model: string;
    readonly against: string;
    readonly difference: Estimate;
    readonly better: number;
    readonly worse: number;
    readonly p: number;
}
export interface RewardModelReport {
    readonly pairs: number;
    readonly unscored: number;
    readonly accuracy: Estimate;
    readonly baselines: Readonly<Record<string, Estimate>>;
    readonly best: string | null;
    readonly authorsSeparated: boolean;
    readonly beatsBaselines: boolean;
    readonly kinds?: Readonly<Record<string, {
        readonly accuracy: Estimate;
        readonly best: string | null;
        readonly bestAccuracy: Estimate | null;
    }>>;
    readonly sources?: Readonly<Record<string, {
        readonly pairs: number;
        readonly leftOut: Readonly<Record<string, number>>;
    }>>;
    readonly causes: Readonly<Record<string, Estimate>>;
    readonly sameAuthor: Estimate | null;
    readonly calibration: readonly {
        readonly difference: number;
        readonly predicted: number;
        readonly observed: number;
        readonly pairs: number;
    }[];
    readonly scale: {
        readonly mean: number;
        readonly deviation: number;
    };
}
export interface LeakageReport {
    readonly evaluated: number;
    readonly sameText: readonly string[];
    readonly overlapping: readonly {
        readonly id: string;
        readonly with: string;
        readonly overlap: number;
    }[];
}
export interface EvaluationSummary {
    readonly models: readonly ModelEvaluation[];
    readonly comparisons: readonly ModelComparison[];
    readonly leakage: LeakageReport | null;
}

// results/worked-on.ts
export declare function isWorkedOn(runDir: string): boolean;
export declare function lastChange(runDir: string): number;
export declare function lastEvent(runDir: string): string | undefined;

// results/evaluation.ts
import type { EvaluationSummary, ModelComparison, ModelEvaluation } from "./reports.ts";
export type * from "./reports.ts";
export { isWorkedOn, lastChange, lastEvent } from "./worked-on.ts";
export declare function evaluationDir(runDir: string): string;
export declare function keepEvaluation(runDir: string, { models, ...others }: EvaluationSummary): void;
export declare function readEvaluation(runDir: string, policy?: string): EvaluationSummary | undefined;
export declare function comparable<Pair extends Pick<ModelComparison, "model" | "against">>(rows: readonly Pick<ModelEvaluation, "model" | "outOfDate">[], pairs: readonly Pair[]): readonly Pair[];
