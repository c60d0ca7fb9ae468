-- Replaces the assertions of one dump. $ref.
LL_REFERENCE({{user}}, {{asserted_at, broadcaster_id, login, display_name, type, broadcaster_type, description,
    profile_image_url, offline_image_url, created_at}})
