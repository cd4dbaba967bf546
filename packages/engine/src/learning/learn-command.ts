import type { Features } from '@millrace/online'

/** A value that a parameter of a learner can have. */
export type ParameterValue = number | boolean | string

/** What bounds a learner. Logical figures: none depends on how memory is laid out. */
export interface LearnerLimits {
  /** Different feature names learned at most; integer >= 1. */
  featureNames: number
  /** Bytes that the learner takes at most; integer >= 1. */
  memoryBytes: number
  /** Latest ids remembered; integer >= 1. */
  ids: number
}

/** How a learner is made, and what bounds it: the first thing in every journal, and again whenever it changes. */
export interface SettingsCommand {
  kind: 'settings'
  /** Name in the catalog. */
  learner: string
  /** All parameters of the learner, those at their defaults too, in the catalog's order. */
  parameters: Readonly<Record<string, ParameterValue>>
  limits: LearnerLimits
}

/** An observation to learn; with a prediction it is the label of that one. */
export interface ObservationCommand {
  kind: 'observation'
  observationId?: string | undefined
  /** The earlier prediction whose label this is, as it was made. */
  labelled?: { predictionId: string; prediction: number } | undefined
  features: Features
  target: number
}

/** What a learner can be told. A learner's state is what its commands, one after the other, made of it. */
export type LearnCommand = SettingsCommand | ObservationCommand
