import { type ProtoField, protoField, protoFields, protoIntegers, protoNumber } from './proto-fields.ts'

/** A model without ZipMaps, and the names of classes that they held, by output. */
export interface Unzipped {
  readonly bytes: Uint8Array
  readonly classLabels: ReadonlyMap<string, readonly string[]>
}

/** Numbers of the fields that matter here. @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3 */
const model = { graph: 7, opset: 8 }
const graph = { node: 1, output: 12 }
const node = { output: 2, operator: 4, attribute: 5, domain: 7 }
const attribute = { name: 1, integers: 8, strings: 9 }
const valueInfo = { name: 1, type: 2 }
const opset = { domain: 1, version: 2 }
const tensorType = { field: 1, elements: 1, float: 1, shape: 2, dimension: 1, size: 1, symbol: 2 }

/** A version of ONNX's own operators that has Identity, for a model that uses none of them. */
const anyOpset = 13

/**
 * Replace each ZipMap of a graph by an Identity. A ZipMap makes a sequence of maps from probabilities that were a
 * tensor [rows, classes], which the native library for Node.js refuses to return; scikit-learn's converter adds one to
 * classifiers unless told otherwise. All else stays byte for byte as it is. O(nodes), and one copy of the file.
 * @see https://github.com/onnx/onnx/blob/main/docs/Operators-ml.md#ai.onnx.ml.ZipMap
 */
export function withoutZipMaps(bytes: Uint8Array): Unzipped {
  const classLabels = new Map<string, readonly string[]>()
  const rewritten = protoFields(bytes).map(field =>
    field.number === model.graph ? protoField(model.graph, rewriteGraph(field.value, classLabels)) : field.whole
  )
  if (classLabels.size === 0) return { bytes, classLabels }
  return { bytes: Buffer.concat([...rewritten, ...missingOpset(bytes)]), classLabels }
}

function rewriteGraph(message: Uint8Array, classLabels: Map<string, readonly string[]>): Uint8Array {
  const fields = protoFields(message)
  const nodes = fields.map(field => (field.number === graph.node ? rewriteNode(field, classLabels) : field.whole))
  const outputs = fields.map((field, index) =>
    field.number === graph.output ? rewriteOutput(field, classLabels) : nodes[index]!
  )
  return Buffer.concat(outputs)
}

function rewriteNode(field: ProtoField, classLabels: Map<string, readonly string[]>): Uint8Array {
  const parts = protoFields(field.value)
  if (textOf(parts, node.operator) !== 'ZipMap' || textOf(parts, node.domain) !== 'ai.onnx.ml') return field.whole
  classLabels.set(textOf(parts, node.output), labelsOf(parts))
  const kept = parts.filter(({ number }) => ![node.operator, node.domain, node.attribute].includes(number))
  const identity = protoField(node.operator, Buffer.from('Identity'))
  return protoField(graph.node, Buffer.concat([...kept.map(({ whole }) => whole), identity]))
}

function labelsOf(parts: readonly ProtoField[]): string[] {
  const attributes = parts.filter(({ number }) => number === node.attribute).map(({ value }) => protoFields(value))
  const named = (name: string, number: number): ProtoField[] =>
    attributes
      .filter(part => textOf(part, attribute.name) === name)
      .flat()
      .filter(part => part.number === number)
  const texts = named('classlabels_strings', attribute.strings).map(({ value }) => Buffer.from(value).toString())
  return texts.length > 0 ? texts : protoIntegers(named('classlabels_int64s', attribute.integers))
}

function rewriteOutput(field: ProtoField, classLabels: ReadonlyMap<string, readonly string[]>): Uint8Array {
  const parts = protoFields(field.value)
  const labels = classLabels.get(textOf(parts, valueInfo.name))
  if (labels === undefined) return field.whole
  const kept = parts.filter(({ number }) => number !== valueInfo.type).map(({ whole }) => whole)
  return protoField(graph.output, Buffer.concat([...kept, protoField(valueInfo.type, probabilities(labels.length))]))
}

/** The type of a tensor of floats [rows, classes]. */
function probabilities(classes: number): Uint8Array {
  const dimension = (content: Uint8Array): Uint8Array => protoField(tensorType.dimension, content)
  const shape = Buffer.concat([
    dimension(protoField(tensorType.symbol, Buffer.from('rows'))),
    dimension(protoNumber(tensorType.size, classes))
  ])
  const type = [protoNumber(tensorType.elements, tensorType.float), protoField(tensorType.shape, shape)]
  return protoField(tensorType.field, Buffer.concat(type))
}

/** Identity belongs to ONNX's own operators, which a model of nothing but trees need not import. */
function missingOpset(bytes: Uint8Array): Uint8Array[] {
  const imports = protoFields(bytes).filter(({ number }) => number === model.opset)
  const own = imports.some(({ value }) => ['', 'ai.onnx'].includes(textOf(protoFields(value), opset.domain)))
  return own ? [] : [protoField(model.opset, protoNumber(opset.version, anyOpset))]
}

/** A text of a message; empty where it has none. */
function textOf(parts: readonly ProtoField[], number: number): string {
  const part = parts.find(one => one.number === number)
  return part === undefined ? '' : Buffer.from(part.value).toString()
}
