EXTRA_DIST += check demo .ci/run build-aux/build build-aux/install-deps \
	tests/README.md tests/run tests/promises tests/lib tests/flow \
	tests/fault tests/fuzz tests/budget tests/build tests/valgrind
