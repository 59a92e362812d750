"""Everything in the database as an open archive, and back.

`contents` says what belongs into an archive, `fields` how a row becomes a line, `manifest` what lies
beside the lines; `writing` and `reading` are about the file, `loading` fills a database.
"""
