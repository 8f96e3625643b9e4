// HDF5 1.12 and later keep the functions of 1.10 under these names when asked to.
#define H5_USE_110_API
#include <hdf5.h>

// Types and property list classes are macros over `H5open()` and a variable; Swift imports neither.
static inline hid_t chdf5_type_int8(void) { return H5T_STD_I8LE; }
static inline hid_t chdf5_type_int64(void) { return H5T_STD_I64LE; }
static inline hid_t chdf5_type_float32(void) { return H5T_IEEE_F32LE; }
static inline hid_t chdf5_type_float64(void) { return H5T_IEEE_F64LE; }
static inline hid_t chdf5_type_c_string(void) { return H5T_C_S1; }
static inline hid_t chdf5_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t chdf5_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t chdf5_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t chdf5_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t chdf5_link_create(void) { return H5P_LINK_CREATE; }

// Flags with the library's version check in them, and a cast that Swift does not evaluate.
static inline unsigned chdf5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_read_write(void) { return H5F_ACC_RDWR; }
static inline unsigned chdf5_truncate(void) { return H5F_ACC_TRUNC; }
static inline size_t chdf5_variable_length(void) { return H5T_VARIABLE; }

// The lock that libhdf5 takes on files it opens fails on network file systems, and every file
// opened here is read-only or without a name. The function came with 1.10.7.
static inline herr_t chdf5_do_not_lock(hid_t access) {
#if H5_VERSION_GE(1, 10, 7)
  return H5Pset_file_locking(access, 0, 1);
#else
  return 0;
#endif
}

// `H5L_info_t`, `H5Literate` and `H5Oget_info` are macros that name other things in each version.
typedef herr_t (*chdf5_link_visitor)(
    void *context, const char *name, H5L_type_t type, haddr_t address, size_t value_size);

struct chdf5_link_visit {
  chdf5_link_visitor visitor;
  void *context;
};

static inline herr_t chdf5_visit_link(
    hid_t group, const char *name, const H5L_info_t *link, void *data) {
  const struct chdf5_link_visit *visit = (const struct chdf5_link_visit *)data;
  (void)group;
  return visit->visitor(
      visit->context, name, link->type, link->type == H5L_TYPE_HARD ? link->u.address : 0,
      link->type == H5L_TYPE_HARD ? 0 : link->u.val_size);
}

static inline herr_t chdf5_iterate_links(
    hid_t group, H5_index_t index, chdf5_link_visitor visitor, void *context) {
  struct chdf5_link_visit visit = {visitor, context};
  return H5Literate(group, index, H5_ITER_INC, NULL, chdf5_visit_link, &visit);
}

static inline herr_t chdf5_attribute_count(hid_t object, hsize_t *count) {
  H5O_info_t info;
  herr_t status = H5Oget_info2(object, &info, H5O_INFO_NUM_ATTRS);
  *count = status < 0 ? 0 : info.num_attrs;
  return status;
}

static inline herr_t chdf5_object_address(hid_t object, haddr_t *address) {
  H5O_info_t info;
  herr_t status = H5Oget_info2(object, &info, H5O_INFO_BASIC);
  *address = status < 0 ? HADDR_UNDEF : info.addr;
  return status;
}

// What is missing from the addresses that `H5Dget_chunk_info` gives: before 1.14.4 they do not
// count the user block, which lies before the rest of the file.
static inline herr_t chdf5_chunk_base(hid_t file, hsize_t *base) {
  *base = 0;
#if H5_VERSION_GE(1, 14, 4)
  return 0;
#else
  hid_t creation = H5Fget_create_plist(file);
  herr_t status = creation < 0 ? -1 : H5Pget_userblock(creation, base);
  if (creation >= 0) H5Pclose(creation);
  return status;
#endif
}
