import { s3Source } from '../../src/index.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { bucket, credentials, startS3, withoutS3 } from './s3-server.ts'
import { sourceContract } from './source-contract.ts'

sourceContract(
  's3',
  async context => {
    const server = await startS3(context)
    const source = s3Source({
      bucket,
      key: 'some/prefix',
      region: 'us-east-1',
      endpoint: server.endpoint,
      credentials,
      cacheDir: temporaryFolder(context),
      ttlMs: 2
    })
    context.after(() => source.close())
    return {
      source,
      put: (name, text) => server.put(`some/prefix/${name}`, text),
      remove: name => server.remove(`some/prefix/${name}`)
    }
  },
  { skip: withoutS3 }
)
