# Prints the C source of builtin_profiles: each profile given, as a string.
# sh lib/builtin.sh lib/profiles/*.json > build/lib/builtin.c
printf '#include "service/profile.h"\n\nconst struct builtin_profile builtin_profiles[] = {\n'
for file; do
	name=${file##*/}
	printf '\t{"%s",\n' "${name%.json}"
	sed 's/\\/\\\\/g; s/"/\\"/g; s/^/\t "/; s/$/\\n"/' "$file"
	printf '\t},\n'
done
printf '\t{0},\n};\n'
