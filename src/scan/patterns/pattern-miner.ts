// Patterns of log lines, mined line by line in the manner of Drain (He, Zhu, Zheng, Lyu: "Drain: an online log parsing
// approach with fixed depth tree", 2017): a tree of fixed depth leads a line to a few clusters, the most similar one
// takes it and replaces the tokens that differ by `<_>`.
//
// The tree's levels here: the number of tokens and the text around them (the skeleton), then the first word. Similarity
// counts only tokens that could be words: what holds a digit is expected to differ.
import { type LineTokens, looksVariable, tokenize, wildcard } from './pattern-tokens.ts';

export interface MinedPattern {
  readonly pattern: string;
  /** Lines by the start of their step, in Unix seconds. Whole numbers unless lines were given weights. */
  readonly counts: ReadonlyMap<number, number>;
}

export interface MinerLimits {
  /** Clusters held; when there are more, the smallest make room. */
  readonly clustersMax: number;
  /** Clusters a line is compared with. */
  readonly leafClustersMax: number;
}

export const minerLimits: MinerLimits = { clustersMax: 4000, leafClustersMax: 40 };

/** The share of words that must be equal for a line to join a cluster. */
const similarityMin = 0.5;
/** A word where the cluster already varies: neither for nor against. */
const variedWordScore = 0.5;

export class PatternMiner {
  readonly #limits: MinerLimits;
  readonly #leaves = new Map<string, Leaf>();
  #clusterCount = 0;

  constructor(limits: MinerLimits = minerLimits) {
    this.#limits = limits;
  }

  /** Adds a line that stands for `weight` lines. `cut`: only the line's beginning is given. */
  add(line: string, cut: boolean, stepSeconds: number, weight = 1): void {
    const tokens = tokenize(line, cut);
    if (tokens === undefined) return;
    const key = leafKey(tokens);
    let leaf = this.#leaves.get(key);
    if (leaf === undefined) {
      leaf = { key, clusters: [] };
      this.#leaves.set(key, leaf);
    }
    const cluster = this.#clusterFor(leaf, tokens);
    cluster.lines += weight;
    cluster.counts.set(stepSeconds, (cluster.counts.get(stepSeconds) ?? 0) + weight);
    if (this.#clusterCount > this.#limits.clustersMax) this.#prune();
  }

  /** One row per pattern text. Each pattern matches all lines counted under it as a `|>` filter. */
  patterns(): MinedPattern[] {
    const rows = new Map<string, Map<number, number>>();
    for (const { clusters } of this.#leaves.values()) {
      for (const cluster of clusters) {
        const text = patternText(cluster);
        const counts = rows.get(text);
        if (counts === undefined) rows.set(text, new Map(cluster.counts));
        else for (const [step, n] of cluster.counts) counts.set(step, (counts.get(step) ?? 0) + n);
      }
    }
    return [...rows].map(([pattern, counts]) => ({ pattern, counts }));
  }

  #clusterFor(leaf: Leaf, line: LineTokens): Cluster {
    let best: Cluster | undefined;
    let bestSimilarity = -1;
    for (const cluster of leaf.clusters) {
      const similarity = similarityOf(cluster.tokens, line.tokens);
      if (similarity > bestSimilarity) {
        best = cluster;
        bestSimilarity = similarity;
        if (similarity === 1) break;
      }
    }
    // A full leaf takes no more clusters: its lines join what is nearest.
    const full = leaf.clusters.length >= this.#limits.leafClustersMax;
    if (best !== undefined && (bestSimilarity >= similarityMin || full)) {
      generalize(best.tokens, line.tokens);
      return best;
    }
    const cluster: Cluster = { gaps: line.gaps, tokens: [...line.tokens], lines: 0, counts: new Map() };
    leaf.clusters.push(cluster);
    this.#clusterCount++;
    return cluster;
  }

  /** Leaves the larger half of the clusters, so that this happens rarely. */
  #prune(): void {
    const all = [...this.#leaves.values()].flatMap(({ clusters }) => clusters);
    const kept = new Set(all.sort((a, b) => b.lines - a.lines).slice(0, this.#limits.clustersMax / 2));
    for (const leaf of this.#leaves.values()) {
      leaf.clusters = leaf.clusters.filter((cluster) => kept.has(cluster));
      if (leaf.clusters.length === 0) this.#leaves.delete(leaf.key);
    }
    this.#clusterCount = kept.size;
  }
}

interface Cluster {
  readonly gaps: readonly string[];
  /** {@link wildcard} where lines differ. */
  readonly tokens: string[];
  lines: number;
  readonly counts: Map<number, number>;
}

interface Leaf {
  readonly key: string;
  clusters: Cluster[];
}

/** The first token tells kinds of lines apart when it is a word of its own and not a value. */
function leafKey({ skeleton, tokens, gaps }: LineTokens): string {
  const first = tokens[0];
  const free = first !== undefined && gaps[0] === '' && !looksVariable(first);
  return free ? `${skeleton}<<${first}` : skeleton;
}

function similarityOf(cluster: readonly string[], line: readonly string[]): number {
  let words = 0;
  let equal = 0;
  for (let i = 0; i < line.length; i++) {
    const mine = cluster[i] as string;
    const other = line[i] as string;
    if (looksVariable(other) && looksVariable(mine)) continue;
    words++;
    if (mine === other) equal++;
    else if (mine === wildcard) equal += variedWordScore;
  }
  return words === 0 ? 1 : equal / words;
}

function generalize(cluster: string[], line: readonly string[]): void {
  for (let i = 0; i < line.length; i++) if (cluster[i] !== line[i]) cluster[i] = wildcard;
}

function patternText({ gaps, tokens }: Cluster): string {
  let text = gaps[0] ?? '';
  for (let i = 0; i < tokens.length; i++) text += (tokens[i] as string) + (gaps[i + 1] ?? '');
  return text;
}
