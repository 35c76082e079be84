# The documents; the pages of programs and card description are their rooms'.
dist_man_MANS += docs/jcop45.5
dist_doc_DATA += README.md NEWS.md SECURITY.md docs/architecture.md \
	docs/card-interface.md docs/porting-to-a-real-card.md
EXTRA_DIST += CONTRIBUTING.md
