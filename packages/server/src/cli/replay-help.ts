import { contenderNames } from '@millrace/engine'

/** What `millrace replay --help` prints. */
export const replayHelp = `Usage: millrace replay FILE.csv [options]
       millrace replay --journal LEARNER [--model NAME [--set X=V]…]… [options]

Progressive validation: every model predicts each row of the file before it
learns it, and so do two baselines, rules without learning that a model has to
beat. With --journal the rows are what a learner was told, and the models, with
whatever settings, are compared with the learner as it was served.

Options
  --model NAME   a model to run, or a baseline; may be given many times
  --set X=V      a setting of the --model before it; without any --model, one of
                 the recorded model
  --season N     rows in a season, for seasonal_naive (default 12)
  --seed N       seed of the models that draw random numbers (default 42, or
                 the recorded one)
  --json         print one JSON document instead of the table and the chart
  --csv          print every row and its predictions as CSV
  --help         print this

Options for a file
  --target COL   column to predict; by default the column called target, else
                 the last numeric one
  --time COL     column that labels the rows; by default the first column when
                 it is not numeric
  --lags N       add the last N targets as features in_1 (the latest) to in_N,
                 0 where there is none yet; by default 15 when no other column
                 is numeric, else 0
  --models A,B   some of: ${contenderNames.slice(0, 3).join(', ')},
                 ${contenderNames.slice(3).join(', ')}
                 (default all, but the baselines alone beside a --model)
  --limit N      stop after N rows
  --speed S      rows a second, as in 100/s; or max (default)

Options for a journal
  --data-dir DIR  the data folder; by default that of MILLRACE_DATA_DIR
  --from N        score from record N on; all learn what comes before, too
  --to N          stop after record N

Columns of a file
  The first line names the columns. All numeric columns but the target and the
  time are features. The first cell that is not empty decides whether a column
  is numeric; a column that is not is left out. An empty cell of a feature means
  that the row does not have that feature; the target must not be empty.

Journals
  A learner is named by its id, as \`millrace journal ls\` shows it, or by the
  path of its journal's folder; that of a backup will do. A model of the same
  name begins with the recorded settings, another one with its defaults, and
  all have the recorded limits. With the same settings come the same scores, to
  the last digit, where the journal is kept from its beginning and holds no
  labels of earlier predictions: those were scored as they had been made.

Scores
  A row that a model cannot predict yet is learned but not scored. Who wins is
  decided over the rows that all were scored on. MAPE leaves out rows whose
  target is 0. Time is for predicting and learning one row.

Ctrl-C stops and shows the scores so far.
Exit code: 0 done, 1 bad data or output, 2 used wrongly, 130 stopped.
`
