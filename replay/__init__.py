"""The journal (event store) and all that plays it.

Here is the journal itself: recording (journal, append, recorder), reading (reading, lens, whole_log), its storage
(tables, schema, mapper, vault) and who is one person (identities). live/ keeps the rows of the read models, rebuild/
makes them anew, queries/ answers, commands/ decides, archive/ exports and restores, messages/ is what Kafka's two sides
remember.
"""
