# Prints the C source of builtin_profiles: each profile given, byte by byte, for a string literal has a limit.
# sh lib/builtin.sh lib/profiles/*.json > build/lib/builtin.c
printf '#include "service/profile.h"\n\n'
n=0
for file; do
	printf 'static const char profile_%d[] = {\n' $((n += 1))
	od -An -v -tx1 "$file" | sed 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g; s/^/\t/'
	printf '\t0};\n\n'
done
printf 'const struct builtin_profile builtin_profiles[] = {\n'
n=0
for file; do
	name=${file##*/}
	printf '\t{"%s", profile_%d},\n' "${name%.json}" $((n += 1))
done
printf '\t{0},\n};\n'
