import { integerWithin, oneOf, optionError, positive, PythonRandom } from '@millrace/common'
import { FeatureNames, featureNamesFrom } from './feature-names.ts'
import type { Features } from './learner.ts'
import { arraySize, largestWithin, listSize, roomFor } from './memory-size.ts'
import { columnsFromState, columnsToFields } from './mondrian-columns.ts'
import { MondrianRow } from './mondrian-row.ts'
import type { MondrianRules } from './mondrian-rules.ts'
import { MondrianTree, type MondrianTreeOptions, treeSize } from './mondrian-tree.ts'
import { isKept, largestLayout, Row, unusedRow } from './row.ts'
import { learnNamed, limitAlone, type RowRegressor } from './row-step.ts'
import { decodeStateOf, encodeState, type StateSource } from './state.ts'
import { invalid, validated } from './state-errors.ts'
import type { StateFields } from './state-format.ts'
import { StateReader } from './state-reader.ts'

const kind = 'AmfRegressor'
/** Version 2 added which row each leaf learned last. */
const version = 2
/** Bytes of the object, its options and the row in the trees' form. */
const fixedSize = 900
/** Pairs of children that a tree has room for under every memory limit. */
const leastPairs = 8
/** Pairs that full trees have together when no further one is pruned for the same row; a millisecond for 2000 of them. */
const pairsPrunedAtOnce = 10_000
/** More than any tree has room for. */
const endlessPairs = 2 ** 27
const mostTrees = 10_000
/** Squared residuals times this, summed over any number of rows, stay inside the range of a double. */
const largestStep = 1e50
const mostNodes = 2 ** 30

/** Settings of {@link AmfRegressor}. */
export interface AmfRegressorOptions {
  /** How many trees the forest has; 1 to 10,000. */
  trees?: number
  /**
   * Learning rate of the aggregation, per squared unit of the target; > 0, at most 1e50. The larger the targets, the
   * more a given step trusts the deepest leaf.
   */
  step?: number
  /** False predicts from the leaves alone. */
  useAggregation?: boolean
  /** Seed of the forest's random numbers: a safe integer >= 0. The same seed and rows give the same bits. */
  seed?: number
  /**
   * Which results to give: `0.25` is the algorithm as published, and River 0.25 or later; `0.21` is River 0.19 to
   * 0.23, mistakes included.
   */
  rules?: MondrianRules
  /**
   * Once a tree has this many nodes none of it splits any more; >= 1. A split adds two nodes to the one at first, so an
   * even limit is passed by one. A memory limit is mostly better: there a full tree forgets nodes and goes on.
   */
  maxNodes?: number
}

/** One tree of an {@link AmfRegressor}, described. */
export interface AmfTreeDescription {
  nodes: number
  /** Edges from the root to the deepest leaf. */
  depth: number
  /** Log weight of the root in the aggregation: -step/2 times the sum of its squared errors. */
  rootWeight: number
  /** Log of the aggregated weight of the whole tree; 0 without aggregation. */
  rootSubtreeWeight: number
  /** The feature that the root splits; null while the root is a leaf. */
  rootFeature: string | null
  /** Where it splits: values up to this go left; null while the root is a leaf. */
  rootThreshold: number | null
}

/**
 * Regression by an Aggregated Mondrian Forest: random trees that split wherever a row lies outside what they have seen,
 * and predict the mean of all their nodes along a path, weighted by how well each has predicted so far. Needs no
 * knowledge of ranges, but a feature of larger scale is split more often.
 *
 * Nearly every new row adds two nodes to each tree: without a limit memory grows for ever, by 64 + 16 · features bytes a
 * node. Under a memory limit a tree without room forgets the branches that are of least use, see `mondrian-pruning.ts`,
 * and splits on; with `maxNodes` it keeps what it has and no longer splits. More than 8187 features are refused. Time a
 * call and tree O(depth · features) to learn, about twice that while trees are full, and O(depth) to predict.
 * @see Mourtada, Gaïffas and Scornet, "AMF: Aggregated Mondrian Forests for Online Learning", JRSS-B 83(3), 2021.
 */
export class AmfRegressor implements RowRegressor {
  readonly #options: MondrianTreeOptions & { readonly trees: number; readonly seed: number }
  #names = new FeatureNames()
  readonly #row = new Row()
  readonly #treeRow = new MondrianRow()
  /** The trees whose prediction is under way come first. */
  readonly #open: MondrianTree[] = []
  /** None before the first row is learned. */
  #trees: readonly MondrianTree[] = []
  /** How many rows it has learned. */
  #learned = 0
  /** The pairs that a tree may have, and the room and the names that this follows from. */
  #fitted = { mostPairs: Infinity, room: Infinity, names: 0 }

  /**
   * @param options defaults: 10 trees, step 1, with aggregation, seed 42, rules `0.25`, no limit of nodes
   * @throws {MillraceError} MILL_OPTION_INVALID
   */
  constructor(options: AmfRegressorOptions = {}) {
    const { trees = 10, step = 1, useAggregation = true, seed = 42, rules = '0.25', maxNodes = mostNodes } = options
    if (step > largestStep) throw optionError('step', `at most ${largestStep}`, step)
    this.#options = {
      trees: integerWithin('trees', trees, 1, mostTrees),
      step: positive('step', step),
      useAggregation,
      seed: integerWithin('seed', seed, 0, Number.MAX_SAFE_INTEGER),
      rules: oneOf('rules', rules, ['0.25', '0.21']),
      maxNodes: integerWithin('maxNodes', maxNodes, 1, mostNodes)
    }
  }

  get canPredict(): boolean {
    return this.#trees.length > 0
  }

  get names(): FeatureNames {
    return this.#names
  }

  get memoryBytes(): number {
    return this.ownBytes + this.#names.memoryBytes
  }

  get ownBytes(): number {
    const trees = this.#trees.reduce((sum, tree) => sum + tree.ownBytes, 0)
    const lists = listSize(this.#trees.length) + listSize(this.#open.length)
    return fixedSize + trees + lists + this.#treeRow.ownBytes(this.#names.layout) + this.#row.ownBytes
  }

  /** With trees of a few nodes. @throws {MillraceError} MILL_FEATURE_LIMIT */
  bytesFor(names: number): number {
    return this.#bytesWith(leastPairs, names)
  }

  limitMemory(bytes: number): void {
    limitAlone(this, bytes)
  }

  shrink(): void {
    for (const tree of this.#trees) tree.reserve(this.#names.size, this.#mostPairs(), this.#learned)
  }

  useNames(names: FeatureNames): void {
    this.#names = names
  }

  predictOne(x: Features): number {
    return this.predictRow(this.#names.read(x, this.#row))
  }

  learnOne(x: Features, y: number): void {
    learnNamed(this, this.#names, this.#row, x, y)
  }

  predictRow(row: Row): number {
    const trees = this.#trees
    if (trees.length === 0) return 0
    const treeRow = isKept(row.layout) ? this.#treeRow : new MondrianRow()
    treeRow.load(row, this.#names.size)
    this.#predictSideBySide(trees, treeRow)
    let sum = 0
    for (let index = 0; index < trees.length; index++) sum += trees[index]!.prediction
    return sum / trees.length
  }

  learnRow(row: Row, y: number): void {
    const trees = this.#trees.length > 0 ? this.#trees : this.#plant()
    // All that can fail, for want of memory, comes before anything of the row is learned.
    const most = this.#mostPairs()
    for (let index = 0; index < trees.length; index++) trees[index]!.reserve(this.#names.size, most, this.#learned)
    if (most !== Infinity) this.#makeRoom(trees, most)
    const treeRow = this.#treeRow
    treeRow.loadToLearn(row, this.#names.size)
    this.#learned++
    for (let index = 0; index < trees.length; index++) trees[index]!.learn(treeRow, y, this.#learned)
    this.#trees = trees
  }

  /** What each tree looks like; none before the first row is learned. Costs O(nodes). */
  describeTrees(): AmfTreeDescription[] {
    const names = this.#names.list()
    return this.#trees.map(tree => {
      const { rootFeature, rootThreshold, ...shape } = tree.shape()
      if (rootFeature < 0) return { ...shape, rootFeature: null, rootThreshold: null }
      return { ...shape, rootFeature: names[rootFeature]!, rootThreshold }
    })
  }

  toState(): Uint8Array {
    const slots = this.#names.size
    return encodeState(kind, version, {
      options: { ...this.#options },
      names: this.#names.list(),
      learned: this.#learned,
      trees: this.#trees.map((tree): StateFields => {
        return { random: tree.random.toState().words, ...columnsToFields(tree.toColumns(slots)) }
      })
    })
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState(source: StateSource): AmfRegressor {
    const state = decodeStateOf(source, kind, version, 1)
    const model = restoredOptions(state.map('options'))
    model.#names = featureNamesFrom(state.strings('names'))
    model.#learned = state.number('version') === 1 ? 0 : state.count('learned')
    const trees = state.list('trees')
    if (trees.length !== 0 && trees.length !== model.#options.trees) throw invalid('a tree is missing or too many')
    const { size } = model.#names
    model.#trees = validated(() => {
      return trees.map(tree => restoredTree(new StateReader(tree, 'tree'), size, model.#options, model.#learned))
    })
    return model
  }

  /**
   * Let the trees go down one node each in turn: a large forest does not fit into the processor's cache, and this way it
   * waits for the next nodes of all trees at once.
   */
  #predictSideBySide(trees: readonly MondrianTree[], row: MondrianRow): void {
    const open = this.#open
    for (let index = 0; index < trees.length; index++) {
      trees[index]!.startPrediction()
      open[index] = trees[index]!
    }
    for (let count = trees.length; count > 0;) {
      let left = 0
      for (let index = 0; index < count; index++) {
        const tree = open[index]!
        if (tree.advancePrediction(row)) open[left++] = tree
      }
      count = left
    }
  }

  /**
   * Prune full trees, of large ones only one a row, so that no row takes long; those that wait for their turn do not
   * split meanwhile.
   */
  #makeRoom(trees: readonly MondrianTree[], mostPairs: number): void {
    let left = pairsPrunedAtOnce
    for (let turn = 0; turn < trees.length && left > 0; turn++) {
      const tree = trees[(this.#learned + turn) % trees.length]!
      if (!tree.isFull) continue
      tree.makeRoom(this.#learned)
      left -= mostPairs
    }
  }

  /** How many pairs of children a tree may have; Infinity without a memory limit. */
  #mostPairs(): number {
    const { room, size: names } = this.#names
    if (room === Infinity) return Infinity
    if (this.#fitted.room !== room || this.#fitted.names !== names) {
      const pairs = largestWithin(room, endlessPairs, count => this.#bytesWith(count, names))
      this.#fitted = { mostPairs: pairs, room, names }
    }
    return this.#fitted.mostPairs
  }

  /** The most bytes of the forest, without names and row, when a tree may have so many pairs of children. */
  #bytesWith(pairs: number, names: number): number {
    const { trees, rules } = this.#options
    const row = arraySize(8 * roomFor(names)) + arraySize(4 * roomFor(names)) + largestLayout(names)
    return fixedSize + trees * treeSize(pairs, names, rules) + 2 * listSize(2 * trees) + row + unusedRow
  }

  #plant(): MondrianTree[] {
    const random = new PythonRandom(this.#options.seed)
    const plant = () => new MondrianTree(this.#options, new PythonRandom(random.randint(0, 9_999_999)))
    return Array.from({ length: this.#options.trees }, plant)
  }
}

function restoredOptions(options: StateReader): AmfRegressor {
  return validated(
    () =>
      new AmfRegressor({
        trees: options.number('trees'),
        step: options.number('step'),
        useAggregation: options.boolean('useAggregation'),
        seed: options.number('seed'),
        rules: options.string('rules') as MondrianRules,
        maxNodes: options.number('maxNodes')
      })
  )
}

function restoredTree(state: StateReader, slots: number, options: MondrianTreeOptions, learned: number): MondrianTree {
  const random = PythonRandom.fromState({ words: state.uint32s('random'), gaussNext: null })
  return MondrianTree.fromColumns(options, random, columnsFromState(state, slots, options.rules, learned))
}
