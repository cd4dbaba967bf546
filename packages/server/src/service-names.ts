import { learnerNames } from '@millrace/engine'

/** The services by the names that people see; a model service has the name of its learner. */
export const serviceNames = ['inference', 'features', 'ingestion', 'coinbase', ...learnerNames] as const
/** One of {@link serviceNames}. */
export type ServiceName = (typeof serviceNames)[number]
