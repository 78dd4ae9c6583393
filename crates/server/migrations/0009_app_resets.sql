-- Since when the rows of an app are removed by a job; until the job is done the app refuses as one that is disabled.
ALTER TABLE apps ADD COLUMN resetting_since $INT;
